internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import Support

extension Doctor {
    /// Checks the directory of the witnesses, where releases are pairs: it holds one file for each release, and nothing else.
    func witnesses(_ workspace: GitOpsWorkspace) async throws -> [Check] {
        guard workspace.configuration.form == .pair else { return [] }
        let id = "witnesses"
        let found = try await workspace.snapshot.witnesses(root: workspace.configuration.gitops.root)
        if !found.strays.isEmpty {
            let shown = found.strays.prefix(Self.shownStrays).map { quoted($0) }.joined(separator: ", ")
            let more = found.strays.count - min(found.strays.count, Self.shownStrays)
            return [
                Check(
                    id: id, status: .warn,
                    detail:
                        "\(found.directory) has \(shown)\(more > 0 ? " and \(more) more" : ""), which cannot be a witness",
                    remedy: "remove what `capsule publish` did not write: a release with a second file is rejected")
            ]
        }
        return [
            Check(
                id: id, status: .ok,
                detail: found.count == 0
                    ? "\(found.directory) is created by the first `capsule publish`"
                    : "\(found.count) in \(found.directory); protect the history of \(workspace.configuration.gitops.branch)"
            )
        ]
    }

    /// The maximum number of entries that a message names.
    private static let shownStrays = 3
}
