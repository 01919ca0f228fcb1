package import CapsuleCore
package import DeliveryConfiguration
internal import Documents
internal import KargoExpressions
package import Rendering

/// The kustomize overlays that Kargo renders. They equal the overlays that `capsule promote` writes to its private
/// tree, except that paths are those of Kargo's work directory and that a promotion pins the images.
package enum RenderOverlay {
    /// A file with one value, which a promotion expands to a document. Kargo before 1.11 cannot write a new file.
    enum Template: CaseIterable {
        case record
        case hydrator

        var file: String {
            switch self {
            case .record: "record.yaml"
            case .hydrator: "hydrator.yaml"
            }
        }

        /// The start of the document, up to the value.
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

    /// The overlay of a deployment, relative to the root of the GitOps repository.
    ///
    /// - Throws: `CapsuleError.Code.invalidName` for a path that is too long.
    package static func path(
        _ deployment: String, _ configuration: CapsuleConfiguration
    ) throws(CapsuleError) -> RelativePath {
        try RelativePath("\(directory(configuration))/render/\(deployment)/kustomization.yaml")
    }

    /// The expected content of the overlay; nil when Kargo does not render this application.
    ///
    /// - Parameter own: the deployment's own overlay, which must be a Component.
    package static func content(
        _ deployment: Deployment, _ configuration: CapsuleConfiguration, own: DeploymentOverlay?
    ) -> [UInt8]? {
        guard let settings = configuration.kargo, settings.style == .native else { return nil }
        return Array((KargoProject.header(settings) + kustomization(deployment, configuration, own).yaml).utf8)
    }

    /// The directory of generated files, relative to the root of the GitOps repository.
    static func directory(_ configuration: CapsuleConfiguration) -> String {
        configuration.kargo?.directory?.description ?? "\(rootPrefix(configuration))kargo"
    }

    /// The directory of the application with a slash at its end; empty when the application is at the root of the
    /// repository.
    static func rootPrefix(_ configuration: CapsuleConfiguration) -> String {
        configuration.gitops.root.map { "\($0)/" } ?? ""
    }

    private static func kustomization(
        _ deployment: Deployment, _ configuration: CapsuleConfiguration, _ own: DeploymentOverlay?
    ) -> JSONValue {
        let overlay = "\(directory(configuration))/render/\(deployment.name)"
        let depth = overlay.split(separator: "/").count
        let up = Array(repeating: "..", count: depth)
        // A promotion copies the capsule's package there.
        let source = (configuration.package.entry ?? .top)
            .below((up + ["\(rootPrefix(configuration))source"]).joined(separator: "/"))
        let components = ["envTypes/\(deployment.envType)"] + (own.map { [$0.directory] } ?? [])
        let stage = configuration.stages.first { $0.name == deployment.name }
        let namespace = NamespaceRule(deployment, allowed: stage?.allowNamespaces ?? []).field
        return .object([
            JSONMember(key: "apiVersion", value: "kustomize.config.k8s.io/v1beta1"),
            JSONMember(key: "kind", value: "Kustomization"),
            JSONMember(key: namespace.key, value: namespace.value),
            JSONMember(key: "resources", value: [.string(source)]),
            JSONMember(
                key: "components",
                value: .array(
                    components.map { .string((up + ["\(rootPrefix(configuration))\($0)"]).joined(separator: "/")) })),
        ])
    }
}
