internal import CapsuleCore
internal import DeliveryConfiguration
internal import OCI

extension KargoProject {
    static let api = "kargo.akuity.io/v1alpha1"

    /// What every object of the project has.
    func metadata(_ name: String, annotations: Node? = nil) -> Node {
        ["name": .text(name), "namespace": .text(self.name), "annotations": annotations]
    }

    /// Argo CD applies lower waves first: the namespace before the project, both before what lives in them.
    private func wave(_ number: Int) -> Node { ["argocd.argoproj.io/sync-wave": .text(String(number))] }

    func projectObjects() -> [Node] {
        let automatic = configuration.stages.filter(\.auto)
        return [
            [
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": [
                    "name": .text(name), "labels": ["kargo.akuity.io/project": "true"], "annotations": wave(-2),
                ],
            ],
            [
                "apiVersion": .text(Self.api), "kind": "Project",
                "metadata": ["name": .text(name), "annotations": wave(-1)],
            ],
            [
                "apiVersion": .text(Self.api), "kind": "ProjectConfig", "metadata": metadata(name),
                "spec": [
                    "promotionPolicies": .list(
                        automatic.map {
                            ["stageSelector": ["name": .text($0.name)], "autoPromotionEnabled": true]
                        })
                ],
            ],
        ]
    }

    static let warehouse = "releases"

    /// The freight: capsules, newest build first. Kargo takes a capsule for an image, which it is to every registry, and
    /// keeps its annotations, which name the image by digest.
    func warehouse() -> Node {
        let pair = settings.subscription == .pair
        let condition =
            "imageFrom(\(Expression.text(capsule.description))).Annotations["
            + "\(Expression.text(CapsuleFormat.Annotation.imageDigest))] == "
            + "imageFrom(\(Expression.text(configuration.image.description))).Digest"
        return [
            "apiVersion": .text(Self.api), "kind": "Warehouse", "metadata": metadata(Self.warehouse),
            "spec": [
                "interval": "5m0s",
                "freightCreationPolicy": "Automatic",
                "freightCreationCriteria": pair ? ["expression": .text(condition)] : nil,
                "subscriptions": .list(
                    ([capsule] + (pair ? [configuration.image] : [])).map { subscription($0.description) }),
            ],
        ]
    }

    // Strategy and limit are written out: their defaults come from webhooks that a cluster may not run.
    private func subscription(_ repository: String) -> Node {
        [
            "image": [
                "repoURL": .text(repository),
                "imageSelectionStrategy": "NewestBuild",
                "allowTagsRegexes": ["^git-(?:[0-9a-f]{40}|[0-9a-f]{64})$"],
                "discoveryLimit": 20,
            ]
        ]
    }
}
