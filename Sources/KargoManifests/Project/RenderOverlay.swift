internal import CapsuleCore
internal import CapsuleDelivery
internal import OCI

/// The overlays that Kargo's render starts at: what `capsule promote` writes into its private tree, with the paths of Kargo's
/// work directory. The images are pinned when a promotion runs.
enum RenderOverlay {
    /// A file of one value, which a promotion fills with a document.
    enum Template: CaseIterable {
        case record
        case hydrator

        var file: String {
            switch self {
            case .record: "record.yaml"
            case .hydrator: "hydrator.yaml"
            }
        }

        /// How the document begins, up to the value.
        var head: String {
            switch self {
            case .record: "schemaVersion: "
            case .hydrator: "{\n  \"author\" : "
            }
        }

        var key: String {
            switch self {
            case .record: "schemaVersion"
            case .hydrator: "author"
            }
        }

        var text: String {
            switch self {
            case .record: head + "x\n"
            case .hydrator: head + "x}\n"
            }
        }
    }

    static func kustomization(_ deployment: Deployment, _ project: KargoProject) -> Node {
        let overlay = "\(project.directory)/render/\(deployment.name)"
        let depth = overlay.split(separator: "/").count
        let up = Array(repeating: "..", count: depth)
        let package = project.configuration.package
        let entry = package.entry.map { "/\($0)" } ?? ""
        // A promotion puts the capsule's package there.
        let source = (up + ["\(project.rootPrefix)source"]).joined(separator: "/") + entry
        let policy = (up + ["\(project.rootPrefix)envTypes", deployment.envType]).joined(separator: "/")
        return [
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": .text(deployment.namespace),
            "resources": [.text(source)],
            "components": [.text(policy)],
        ]
    }
}
