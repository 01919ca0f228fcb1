internal import DeliveryConfiguration
internal import OCI
internal import Rendering

/// The service that verifies releases, as a Kubernetes workload: no root, no writable root file system, no service account
/// token, reachable by Kargo alone.
struct VerifierObjects {
    static let name = "release-capsule"
    private static let port = 8080

    let project: KargoProject

    private var labels: Node {
        ["app.kubernetes.io/name": .text(Self.name), "app.kubernetes.io/instance": .text(project.name)]
    }

    private var metadata: Node {
        ["name": .text(Self.name), "namespace": .text(project.verifierNamespace), "labels": labels]
    }

    func all() -> [Node] {
        [namespace, serviceAccount, deployment, service, networkPolicy, disruptionBudget]
    }

    private var namespace: Node {
        [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .text(project.verifierNamespace),
                "labels": ["pod-security.kubernetes.io/enforce": "restricted"],
            ],
        ]
    }

    private var serviceAccount: Node {
        [
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata,
            "automountServiceAccountToken": false,
        ]
    }

    private var deployment: Node {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": [
                "replicas": .number(project.settings.verifier.replicas),
                "selector": ["matchLabels": labels],
                "template": [
                    "metadata": ["labels": labels],
                    "spec": [
                        "serviceAccountName": .text(Self.name),
                        "automountServiceAccountToken": false,
                        "terminationGracePeriodSeconds": 60,
                        "securityContext": [
                            "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                            "seccompProfile": ["type": "RuntimeDefault"],
                        ],
                        "containers": [container],
                        "volumes": .list(volumes),
                    ],
                ],
            ],
        ]
    }

    private var volumes: [Node] {
        let volumes: [Node] = [
            ["name": "cache", "emptyDir": ["sizeLimit": "2Gi"]],
            ["name": "tmp", "emptyDir": ["sizeLimit": "512Mi"]],
            secret("tokens", "\(Self.name)-tokens", optional: false),
            // Logins for registries and Git: config.json and .netrc.
            secret("logins", "\(Self.name)-logins", optional: true),
        ]
        // As `cosign generate-key-pair k8s://…` fills it: cosign.key, cosign.password.
        return signs ? volumes + [secret("key", "\(Self.name)-key", optional: false)] : volumes
    }

    private var signs: Bool { project.settings.verifier.statements }

    private func secret(_ name: String, _ secret: String, optional: Bool) -> Node {
        ["name": .text(name), "secret": ["secretName": .text(secret), "optional": .truth(optional)]]
    }

    private var container: Node {
        [
            "name": "capsule",
            "image": project.settings.verifier.image.map { .text($0) },
            "args": .list(arguments),
            "env": [
                ["name": "DOCKER_CONFIG", "value": "/etc/capsule/logins"],
                // Git reads .netrc there; a credential helper would need a shell, which the image has not.
                ["name": "HOME", "value": "/etc/capsule/logins"],
            ],
            "ports": [["name": "http", "containerPort": .number(Self.port)]],
            "readinessProbe": ["httpGet": ["path": "/readyz", "port": "http"], "periodSeconds": 5],
            "livenessProbe": ["httpGet": ["path": "/healthz", "port": "http"], "periodSeconds": 10],
            "resources": [
                "requests": ["cpu": "100m", "memory": "128Mi"], "limits": ["memory": "512Mi"],
            ],
            "securityContext": [
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": ["drop": ["ALL"]],
            ],
            "volumeMounts": .list(mounts),
        ]
    }

    private var arguments: [Node] {
        let configuration = project.configuration
        let arguments: [Node] = [
            "serve", "--listen", "0.0.0.0:\(Self.port)", "--tokens", "/etc/capsule/tokens/tokens.yaml",
            "--cache-dir", "/var/cache/capsule",
            "--allow-repository", .text(configuration.image.description),
            "--allow-repository", .text(project.capsule.description),
            "--allow-remote", .text(project.repository),
        ]
        let key: [Node] = [
            "--attest-key", "/etc/capsule/key/cosign.key", "--password-file", "/etc/capsule/key/cosign.password",
        ]
        return signs ? arguments + key : arguments
    }

    private var mounts: [Node] {
        let secrets = signs ? ["tokens", "logins", "key"] : ["tokens", "logins"]
        return [
            ["name": "cache", "mountPath": "/var/cache/capsule"], ["name": "tmp", "mountPath": "/tmp"],
        ]
            + secrets.map {
                ["name": .text($0), "mountPath": .text("/etc/capsule/\($0)"), "readOnly": true]
            }
    }

    private var service: Node {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": ["selector": labels, "ports": [["name": "http", "port": 80, "targetPort": "http"]]],
        ]
    }

    /// In: Kargo's controller, and whoever scrapes metrics from the same namespace. Out: anywhere, as registries and Git
    /// hosts have no fixed addresses.
    private var networkPolicy: Node {
        [
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
            "spec": [
                "podSelector": ["matchLabels": labels],
                "policyTypes": ["Ingress"],
                "ingress": [
                    [
                        "from": [
                            ["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "kargo"]]],
                            ["podSelector": [:]],
                        ],
                        "ports": [["protocol": "TCP", "port": "http"]],
                    ]
                ],
            ],
        ]
    }

    private var disruptionBudget: Node {
        [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata,
            "spec": ["maxUnavailable": 1, "selector": ["matchLabels": labels]],
        ]
    }
}
