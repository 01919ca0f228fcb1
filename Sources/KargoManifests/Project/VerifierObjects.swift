internal import DeliveryConfiguration
internal import Documents

/// The Kubernetes objects that run the verification service: not as root, with a read-only root file system, without a
/// service account token, and reachable only from the namespaces that `kargo.verifier` names and from its own.
struct VerifierObjects {
    static let name = "release-capsule"
    static let port = 8080

    let project: KargoProject

    var verifier: KargoSettings.Verifier { project.settings.verifier }
    var workload: VerifierWorkload { verifier.workload }

    var labels: JSONValue {
        ["app.kubernetes.io/name": .string(Self.name), "app.kubernetes.io/instance": .string(project.name)]
    }

    func metadata(labels more: JSONValue? = nil, annotations: JSONValue? = nil) -> JSONValue {
        [
            "name": .string(Self.name), "namespace": .string(project.verifierNamespace),
            "labels": labels.merging(more), "annotations": annotations,
        ]
    }

    var manifests: [JSONValue] {
        [namespace, serviceAccount, pods, service, networkPolicy, disruptionBudget]
            + [ingress, podMonitor].compactMap(\.self)
    }

    /// The comment that says what happens to promotions when a pod ends. With Kargo's own steps, nobody requests any.
    var comment: String {
        switch workload.state {
        case nil:
            project.settings.style == .native
                ? ""
                : """
                # The pod keeps the promotions that were accepted: they survive a restart of its container, and are lost with the pod.
                # Kargo requests such a promotion again; other clients must do so. `kargo.verifier.state` keeps them on a volume.

                """
        case .claim, .perReplica:
            """
            # The promotions that were accepted are on a volume: a pod that replaces another one tries them again until they end.

            """
        }
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
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": metadata(annotations: workload["serviceAccount"]?["annotations"]),
            "automountServiceAccountToken": false,
        ]
    }

    private var service: JSONValue {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": metadata(),
            "spec": ["selector": labels, "ports": [["name": "http", "port": 80, "targetPort": "http"]]],
        ]
    }

    private var disruptionBudget: JSONValue {
        let budget = workload["disruptionBudget"] ?? ["maxUnavailable": 1]
        return [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata(),
            "spec": budget.merging(["selector": ["matchLabels": labels]]),
        ]
    }
}

extension JSONValue {
    /// This object with the members of another one, which replace those of the same key.
    func merging(_ other: JSONValue?) -> JSONValue {
        guard let added = other?.members else { return self }
        let kept = (members ?? []).map { own in added.first { $0.key == own.key } ?? own }
        return .object(kept + added.filter { self[$0.key] == nil })
    }
}
