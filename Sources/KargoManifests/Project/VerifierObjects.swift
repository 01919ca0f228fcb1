internal import DeliveryConfiguration
internal import Documents
internal import GitOps
internal import OCI
internal import Rendering

/// The Kubernetes objects that run the verification service: not as root, with a read-only root file system, without a
/// service account token, and reachable only from Kargo and its own namespace.
struct VerifierObjects {
    static let name = "release-capsule"
    private static let port = 8080
    // The times fit together: a pod that stops is out of every list of endpoints, and its readiness has failed, before it ends
    // to take requests; and what it began then has ended before Kubernetes kills it.
    private static let readinessPeriod = 3
    private static let readinessFailures = 2
    private static let drain = 10
    private static let grace = 45
    private static let gracePeriod = 60

    let project: KargoProject

    private var labels: JSONValue {
        ["app.kubernetes.io/name": .string(Self.name), "app.kubernetes.io/instance": .string(project.name)]
    }

    private var metadata: JSONValue {
        ["name": .string(Self.name), "namespace": .string(project.verifierNamespace), "labels": labels]
    }

    var manifests: [JSONValue] {
        [namespace, serviceAccount, deployment, service, networkPolicy, disruptionBudget]
    }

    private var namespace: JSONValue {
        [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .string(project.verifierNamespace),
                "labels": ["pod-security.kubernetes.io/enforce": "restricted"],
            ],
        ]
    }

    private var serviceAccount: JSONValue {
        [
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata,
            "automountServiceAccountToken": false,
        ]
    }

    private var deployment: JSONValue {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": [
                "replicas": .number("\(project.settings.verifier.replicas)"),
                "selector": ["matchLabels": labels],
                "template": [
                    "metadata": ["labels": labels],
                    "spec": [
                        "serviceAccountName": .string(Self.name),
                        "automountServiceAccountToken": false,
                        "terminationGracePeriodSeconds": .number("\(Self.gracePeriod)"),
                        "securityContext": [
                            "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                            "seccompProfile": ["type": "RuntimeDefault"],
                        ],
                        "containers": [container],
                        "volumes": .array(volumes),
                    ],
                ],
            ],
        ]
    }

    private var volumes: [JSONValue] {
        let volumes: [JSONValue] = [
            ["name": "cache", "emptyDir": ["sizeLimit": "2Gi"]],
            ["name": "tmp", "emptyDir": ["sizeLimit": "512Mi"]],
            secret("tokens", "\(Self.name)-tokens", optional: false),
            // config.json for registries, .netrc for Git.
            secret("logins", "\(Self.name)-logins", optional: true),
        ]
        // `cosign generate-key-pair k8s://…` creates this secret, with cosign.key and cosign.password.
        return signs ? volumes + [secret("key", "\(Self.name)-key", optional: false)] : volumes
    }

    private var signs: Bool { project.settings.verifier.statements }

    private func secret(_ name: String, _ secret: String, optional: Bool) -> JSONValue {
        ["name": .string(name), "secret": ["secretName": .string(secret), "optional": .bool(optional)]]
    }

    private var container: JSONValue {
        [
            "name": "capsule",
            "image": project.settings.verifier.image.map { .string($0) },
            "args": .array(arguments),
            "env": [
                ["name": "DOCKER_CONFIG", "value": "/etc/capsule/logins"],
                // Git reads .netrc in HOME; a credential helper would require a shell, which the image does not
                // contain.
                ["name": "HOME", "value": "/etc/capsule/logins"],
            ],
            "ports": [["name": "http", "containerPort": .number("\(Self.port)")]],
            "readinessProbe": [
                "httpGet": ["path": "/readyz", "port": "http"], "periodSeconds": .number("\(Self.readinessPeriod)"),
                "failureThreshold": .number("\(Self.readinessFailures)"),
            ],
            "livenessProbe": ["httpGet": ["path": "/healthz", "port": "http"], "periodSeconds": 10],
            "resources": [
                "requests": ["cpu": "100m", "memory": "128Mi"], "limits": ["memory": "512Mi"],
            ],
            "securityContext": [
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                "capabilities": ["drop": ["ALL"]],
            ],
            "volumeMounts": .array(mounts),
        ]
    }

    private var arguments: [JSONValue] {
        let configuration = project.configuration
        let arguments: [JSONValue] = [
            "serve", "--listen", "0.0.0.0:\(Self.port)", "--tokens", "/etc/capsule/tokens/tokens.yaml",
            "--cache-dir", "/var/cache/capsule", "--drain", "\(Self.drain)", "--grace", "\(Self.grace)",
            "--allow-repository", .string(configuration.image.description),
            "--allow-repository", .string(project.capsule.description),
            // Kubernetes replaces $(NAME) in arguments, and reads $$ as a dollar sign.
            "--allow-remote", .string(project.repository.replacing("$", with: "$$")),
        ]
        let key: [JSONValue] = [
            "--attest-key", "/etc/capsule/key/cosign.key", "--password-file", "/etc/capsule/key/cosign.password",
        ]
        let plainHTTP: [JSONValue] =
            configuration.gitops.repository?.plainHTTPHost.map { ["--plain-http", .string($0)] } ?? []
        return arguments + plainHTTP + (signs ? key : [])
    }

    private var mounts: [JSONValue] {
        let secrets = signs ? ["tokens", "logins", "key"] : ["tokens", "logins"]
        return [
            ["name": "cache", "mountPath": "/var/cache/capsule"], ["name": "tmp", "mountPath": "/tmp"],
        ]
            + secrets.map {
                ["name": .string($0), "mountPath": .string("/etc/capsule/\($0)"), "readOnly": true]
            }
    }

    private var service: JSONValue {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": metadata,
            "spec": ["selector": labels, "ports": [["name": "http", "port": 80, "targetPort": "http"]]],
        ]
    }

    /// Allows ingress from Kargo's controller and from the same namespace (metrics). Egress is not restricted:
    /// registries and Git hosts have no fixed addresses.
    private var networkPolicy: JSONValue {
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

    private var disruptionBudget: JSONValue {
        [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata,
            "spec": ["maxUnavailable": 1, "selector": ["matchLabels": labels]],
        ]
    }
}
