public import CapsuleCore
public import DeliveryConfiguration
internal import KargoExpressions
public import Rendering

/// The overlays that Kargo's render starts at: what `capsule promote` writes into its private tree, with the paths of Kargo's
/// work directory. The images are pinned when a promotion runs.
public enum RenderOverlay {
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

    /// The file of a deployment in the GitOps repository, from its top.
    ///
    /// - Throws: `CapsuleError.Code.invalidName` for a path that is too long.
    public static func path(
        _ deployment: String, _ configuration: CapsuleConfiguration
    ) throws(CapsuleError) -> RelativePath {
        try RelativePath("\(directory(configuration))/render/\(deployment)/kustomization.yaml")
    }

    /// What that file must hold: nil where the configuration does not have Kargo render.
    public static func content(_ deployment: Deployment, _ configuration: CapsuleConfiguration) -> [UInt8]? {
        guard let settings = configuration.kargo, settings.style == .native else { return nil }
        return Array((KargoProject.header(settings) + kustomization(deployment, configuration).yaml).utf8)
    }

    /// The directory of generated files in the GitOps repository.
    static func directory(_ configuration: CapsuleConfiguration) -> String {
        configuration.kargo?.directory?.description ?? "\(rootPrefix(configuration))kargo"
    }

    static func rootPrefix(_ configuration: CapsuleConfiguration) -> String {
        configuration.gitops.root.map { "\($0)/" } ?? ""
    }

    private static func kustomization(_ deployment: Deployment, _ configuration: CapsuleConfiguration) -> Node {
        let overlay = "\(directory(configuration))/render/\(deployment.name)"
        let depth = overlay.split(separator: "/").count
        let up = Array(repeating: "..", count: depth)
        let package = configuration.package
        let entry = package.entry.map { "/\($0)" } ?? ""
        // A promotion puts the capsule's package there.
        let source = (up + ["\(rootPrefix(configuration))source"]).joined(separator: "/") + entry
        let policy = (up + ["\(rootPrefix(configuration))envTypes", deployment.envType]).joined(separator: "/")
        return [
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "namespace": .text(deployment.namespace),
            "resources": [.text(source)],
            "components": [.text(policy)],
        ]
    }
}
