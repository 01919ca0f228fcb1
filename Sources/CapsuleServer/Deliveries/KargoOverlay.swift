internal import CapsuleCore
internal import CapsuleDelivery
internal import KargoManifests
internal import OCI

/// The overlay that Kargo's render starts from. Kargo writes what it renders, and this service proves what it renders itself:
/// both are the same only as long as the overlay is the generated one.
enum KargoOverlay {
    /// What is wrong with the overlay of a deployment at the commit whose policy counts.
    ///
    /// - Throws: `DeliveryError`, `CapsuleError`
    static func findings(_ deployment: Deployment, in workspace: GitOpsWorkspace) async throws -> [Finding] {
        let path = try RenderOverlay.path(deployment.name, workspace.configuration)
        guard let wanted = RenderOverlay.content(deployment, workspace.configuration) else {
            return [
                finding(
                    path, "is not used: \(CapsuleConfiguration.fileName) does not have Kargo render this application")
            ]
        }
        guard let found = try await workspace.snapshot.file(path) else { return [finding(path, "is not there")] }
        return found == wanted ? [] : [finding(path, "is not what is generated from \(CapsuleConfiguration.fileName)")]
    }

    private static func finding(_ path: RelativePath, _ message: String) -> Finding {
        Finding(
            rule: "kargo.overlay", file: path.description, message: message,
            remedy: "run `capsule kargo generate` and commit what it writes")
    }
}
