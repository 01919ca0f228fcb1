internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import KargoManifests
internal import Rendering
internal import Support

/// The overlay that Kargo renders. Kargo pushes its own render, and this service checks the proofs of its own render:
/// both are equal only if the overlay is the generated one.
enum KargoOverlay {
    /// The differences of a deployment's overlay, at the policy commit, from the generated one.
    ///
    /// - Throws: `GitError`, `RenderError`, `CapsuleError`
    static func findings(_ deployment: Deployment, in workspace: GitOpsWorkspace) async throws -> [Finding] {
        let path = try RenderOverlay.path(deployment.name, workspace.configuration)
        let own = try await overlay(of: deployment, in: workspace)
        guard let wanted = RenderOverlay.content(deployment, workspace.configuration, own: own) else {
            return [
                finding(
                    path, "is not used: \(CapsuleConfiguration.fileName) does not have Kargo render this application")
            ]
        }
        guard let found = try await workspace.snapshot.file(path) else { return [finding(path, "is missing")] }
        return found == wanted ? [] : [finding(path, "is not the one generated from \(CapsuleConfiguration.fileName)")]
    }

    /// The deployment's own overlay. The render of this service has rejected one that cannot be applied.
    private static func overlay(
        of deployment: Deployment, in workspace: GitOpsWorkspace
    ) async throws -> DeploymentOverlay? {
        let root = workspace.configuration.gitops.root.map { "\($0)/" } ?? ""
        let snapshot = workspace.snapshot
        let entries = try await snapshot.files(
            DeploymentOverlay.candidates(of: deployment.name).map { try RelativePath(root + $0) })
        var files: [PackageFile] = []
        for entry in entries {
            guard let content = try await snapshot.file(RelativePath(entry.path), in: entries) else { continue }
            files.append(
                PackageFile(path: try RelativePath(String(entry.path.dropFirst(root.count))), content: content))
        }
        return DeploymentOverlay.find(deployment, in: FileTree(files), source: "source").overlay
    }

    private static func finding(_ path: RelativePath, _ message: String) -> Finding {
        Finding(
            rule: "kargo.overlay", file: path.description, message: message,
            remedy: "run `capsule kargo generate` and commit what it writes")
    }
}
