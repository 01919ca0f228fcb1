package import CapsuleCore
internal import GitOps

/// A commit of a stage branch or a review branch.
struct StageHead {
    let stage: String
    let branch: BranchName
    /// The head of the branch; nil when the branch does not exist yet.
    let head: CommitID?
}

extension StageBranches {
    /// The states at commits of branches, read together with one fetch for all that is missing.
    func states(_ branches: [StageHead]) async throws -> [StageState] {
        try await repository.repairing {
            let layouts = try branches.map { try StageLayout(root: root, deployment: $0.stage) }
            let wanted = zip(branches, layouts).compactMap { branch, layout in
                branch.head.map {
                    let paths = [layout.deploy, layout.record, layout.hydrator]
                    return GitTreePaths(commit: $0, paths: paths, together: Set(paths))
                }
            }
            var trees = try await repository.trees(wanted).makeIterator()
            let listed = zip(branches, layouts).map { branch, layout in
                (branch: branch, layout: layout, tree: branch.head == nil ? nil : trees.next())
            }
            let documents = listed.flatMap { item in
                item.tree?.entries.filter { Self.isDocument($0, item.layout) }.map(\.id) ?? []
            }
            let contents = try await self.contents(of: documents, in: wanted.map(\.commit))
            return listed.map { branch, layout, tree in
                func content(_ path: RelativePath) -> [UInt8]? {
                    tree?.entries.first { $0.path == path.description && $0.kind == .file }.flatMap { contents[$0.id] }
                }
                return StageState(
                    stage: branch.stage, branch: branch.branch, commit: tree?.commit, entries: tree?.entries ?? [],
                    record: content(layout.record), hydrator: content(layout.hydrator))
            }
        }
    }

    /// The rendered files of stages, by stage, with paths below `deploy/`. One fetch reads all that is missing.
    ///
    /// - Throws: `GitError`
    package func files(_ states: [StageState]) async throws -> [String: [PackageFile]] {
        var listed: [(stage: String, directory: String, files: [GitTreeEntry])] = []
        for state in states {
            let directory = try "\(StageLayout(root: root, deployment: state.stage).deploy)/"
            listed.append(
                (
                    state.stage, directory,
                    state.entries.filter { $0.kind == .file && $0.path.hasPrefix(directory) }
                ))
        }
        let blobs = listed.flatMap { $0.files.map(\.id) }
        let heads = states.compactMap(\.head)
        let contents = try await repository.repairing {
            try await repository.ensure(heads)
            return try await self.contents(of: blobs, in: heads)
        }
        var files: [String: [PackageFile]] = [:]
        for (stage, directory, entries) in listed {
            files[stage] = try entries.map { entry in
                PackageFile(
                    path: try RelativePath(String(entry.path.dropFirst(directory.count))),
                    content: contents[entry.id] ?? [])
            }
        }
        return files
    }

    private func contents(of blobs: [String], in commits: [CommitID]) async throws -> [String: [UInt8]] {
        let ids = Set(blobs).sorted()
        guard !ids.isEmpty else { return [:] }
        // A stage holds at most the size that a render may have.
        let contents = try await repository.contents(ids, of: commits, limit: Git.maximumPackageBytes * commits.count)
        return Dictionary(zip(ids, contents.map { Array($0) })) { first, _ in first }
    }

    private static func isDocument(_ entry: GitTreeEntry, _ layout: StageLayout) -> Bool {
        entry.kind == .file && (entry.path == layout.record.description || entry.path == layout.hydrator.description)
    }
}
