internal import CapsuleCore
internal import DeliveryConfiguration
internal import Documents
internal import OCI

extension KargoProject {
    static let api = "kargo.akuity.io/v1alpha1"

    /// The metadata of an object in the namespace of the project.
    func metadata(_ name: String, annotations: JSONValue? = nil) -> JSONValue {
        ["name": .string(name), "namespace": .string(self.name), "annotations": annotations]
    }

    /// The annotation for an Argo CD sync wave. Lower waves are applied first: the namespace, then the Project, then
    /// the rest.
    private func wave(_ number: Int) -> JSONValue { ["argocd.argoproj.io/sync-wave": .string(String(number))] }

    func projectObjects() -> [JSONValue] {
        let automatic = configuration.stages.filter(\.auto)
        return [
            [
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": [
                    "name": .string(name), "labels": ["kargo.akuity.io/project": "true"], "annotations": wave(-2),
                ],
            ],
            [
                "apiVersion": .string(Self.api), "kind": "Project",
                "metadata": ["name": .string(name), "annotations": wave(-1)],
            ],
            [
                "apiVersion": .string(Self.api), "kind": "ProjectConfig", "metadata": metadata(name),
                "spec": [
                    "promotionPolicies": .array(
                        automatic.map {
                            ["stageSelector": ["name": .string($0.name)], "autoPromotionEnabled": true]
                        })
                ],
            ],
        ]
    }

    static let warehouse = "releases"

    /// The Warehouse, which subscribes to the capsules, newest build first. An image subscription works because a
    /// capsule is an OCI image manifest; Kargo keeps its annotations, which contain the digest of the application
    /// image.
    func warehouse() -> JSONValue {
        let pair = settings.subscription == .pair
        let condition =
            "imageFrom(\(ExpressionText.literal(capsule.description))).Annotations["
            + "\(ExpressionText.literal(CapsuleFormat.Annotation.imageDigest))] == "
            + "imageFrom(\(ExpressionText.literal(configuration.image.description))).Digest"
        return [
            "apiVersion": .string(Self.api), "kind": "Warehouse", "metadata": metadata(Self.warehouse),
            "spec": [
                "interval": "5m0s",
                "freightCreationPolicy": "Automatic",
                "freightCreationCriteria": pair ? ["expression": .string(condition)] : nil,
                "subscriptions": .array(
                    ([capsule] + (pair ? [configuration.image] : [])).map { subscription($0.description) }),
            ],
        ]
    }

    // Strategy and limit are explicit: their defaults are set by webhooks, which a cluster may not run.
    private func subscription(_ repository: String) -> JSONValue {
        [
            "image": [
                "repoURL": .string(repository),
                "imageSelectionStrategy": "NewestBuild",
                "allowTagsRegexes": ["^git-(?:[0-9a-f]{40}|[0-9a-f]{64})$"],
                "discoveryLimit": 20,
            ]
        ]
    }
}
