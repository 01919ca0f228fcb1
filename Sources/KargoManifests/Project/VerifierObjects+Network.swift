internal import DeliveryConfiguration
internal import Documents
internal import Support

extension VerifierObjects {
    /// Allows ingress from Kargo's controller, from the other namespaces that the configuration names, and from its own.
    /// Egress is restricted only when the configuration says so: registries and Git hosts have no fixed addresses.
    var networkPolicy: JSONValue {
        let settings = workload["networkPolicy"]
        let namespaces = settings?["namespaces"]?.array ?? ["kargo"]
        let peers =
            namespaces.map { name -> JSONValue in
                ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": name]]]
            } + [["podSelector": [:]]] + (settings?["from"]?.array ?? [])
        let egress = settings?["egress"]
        return [
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata(),
            "spec": [
                "podSelector": ["matchLabels": labels],
                "policyTypes": egress == nil ? ["Ingress"] : ["Ingress", "Egress"],
                "ingress": [["from": .array(peers), "ports": [["protocol": "TCP", "port": "http"]]]],
                "egress": egress,
            ],
        ]
    }

    var ingress: JSONValue? {
        guard let settings = workload["ingress"], let host = settings["host"] else { return nil }
        let path = workload.basePath == .top ? "/" : workload.basePath.description
        let backend: JSONValue = ["service": ["name": .string(Self.name), "port": ["name": "http"]]]
        return [
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": metadata(annotations: settings["annotations"]),
            "spec": [
                "ingressClassName": settings["ingressClassName"],
                "tls": settings["tlsSecretName"].map { [["hosts": [host], "secretName": $0]] },
                "rules": [
                    [
                        "host": host,
                        "http": ["paths": [["path": .string(path), "pathType": "Prefix", "backend": backend]]],
                    ]
                ],
            ],
        ]
    }

    /// The PodMonitor of the Prometheus operator.
    var podMonitor: JSONValue? {
        guard let settings = workload["podMonitor"] else { return nil }
        return [
            "apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor",
            "metadata": metadata(labels: settings["labels"]),
            "spec": [
                "selector": ["matchLabels": labels],
                "podMetricsEndpoints": [
                    [
                        "port": "http", "path": "/metrics", "interval": settings["interval"],
                        "scrapeTimeout": settings["scrapeTimeout"],
                    ]
                ],
            ],
        ]
    }
}
