internal import CapsuleCore
internal import GitOps

/// Reads what stages hold from their branches.
struct StageReader: Sendable {
    let repository: GitOpsRepository
    let root: RelativePath?

    /// What branches hold, read together: one fetch for all that is missing.
    ///
    /// - Parameter branches: a stage's name, its branch and the commit to look at.
    func states(
        _ branches: [(stage: String, branch: BranchName, head: CommitID?)]
    ) async throws -> [StageState] {
        try await repository.repairing {
            let heads = branches.compactMap(\.head)
            if !heads.isEmpty { try await repository.ensure(heads) }
            let commits = try await repository.reading.commits(heads)
            var listed: [(layout: StageLayout, entries: [GitTreeEntry])] = []
            var wanted: [String] = []
            for branch in branches {
                let layout = try StageLayout(root: root, deployment: branch.stage)
                var entries: [GitTreeEntry] = []
                if let head = branch.head {
                    entries = try await repository.reading.entries(
                        head,
                        below: [layout.deploy.description, layout.record.description, layout.hydrator.description])
                }
                wanted += entries.filter { Self.isDocument($0, layout) }.map(\.id)
                listed.append((layout, entries))
            }
            let ids = Array(Set(wanted)).sorted()
            let contents = try await repository.contents(ids, of: heads)
            let byID = Dictionary(zip(ids, contents)) { first, _ in first }
            return zip(branches, listed).map { branch, tree in
                func content(_ path: RelativePath) -> [UInt8]? {
                    tree.entries.first { $0.path == path.description && $0.kind == .file }
                        .flatMap { byID[$0.id] }.map { Array($0) }
                }
                return StageState(
                    stage: branch.stage, branch: branch.branch,
                    commit: branch.head.flatMap { head in commits.first { $0.id == head } }, entries: tree.entries,
                    record: content(tree.layout.record), hydrator: content(tree.layout.hydrator))
            }
        }
    }

    /// The rendered files that branches hold, with paths below `deploy/`: one fetch for all that is missing.
    func files(_ states: [StageState]) async throws -> [[PackageFile]] {
        let heads = states.compactMap(\.head)
        guard !heads.isEmpty else { return states.map { _ in [] } }
        let listed = try states.map { state in
            let deploy = try StageLayout(root: root, deployment: state.stage).deploy
            return (deploy, state.entries.filter { $0.kind == .file && $0.path.hasPrefix("\(deploy)/") })
        }
        let ids = Set(listed.flatMap { $0.1.map(\.id) }).sorted()
        return try await repository.repairing {
            try await repository.ensure(heads)
            // No stage holds more than a render may have.
            let contents = try await repository.contents(
                ids, of: heads, limit: Git.maximumPackageBytes * heads.count)
            let byID = Dictionary(zip(ids, contents)) { first, _ in first }
            return try listed.map { deploy, entries in
                try entries.map { entry in
                    PackageFile(
                        path: try RelativePath(String(entry.path.dropFirst(deploy.description.count + 1))),
                        content: Array(byID[entry.id] ?? []))
                }
            }
        }
    }

    private static func isDocument(_ entry: GitTreeEntry, _ layout: StageLayout) -> Bool {
        entry.kind == .file && (entry.path == layout.record.description || entry.path == layout.hydrator.description)
    }
}
