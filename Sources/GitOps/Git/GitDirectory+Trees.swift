package import CapsuleCore
internal import Support

/// A commit, and the paths to read in its tree.
package struct GitTreePaths: Sendable {
    package let commit: CommitID
    package let paths: [RelativePath]

    package init(commit: CommitID, paths: [RelativePath]) {
        self.commit = commit
        self.paths = paths
    }
}

extension GitDirectory {
    /// Reads commits and the entries at and below paths in their trees, with one process for each level of
    /// directories.
    ///
    /// - Returns: for each commit the object and its entries, ordered by path; nil for a commit that the repository
    ///   does not have.
    /// - Throws: `GitError`
    package func trees(
        _ wanted: [GitTreePaths], format: GitObjectFormat
    ) async throws -> [(commit: GitCommitObject, entries: [GitTreeEntry])?] {
        var names: [String] = []
        for tree in wanted {
            names.append(tree.commit.description)
            for path in tree.paths { names.append(Self.parentTree(of: path, in: tree.commit)) }
        }
        var items = try await objects(names)[...]
        var commits: [GitCommitObject?] = []
        var found: [[GitTreeEntry]] = []
        for tree in wanted {
            let commit = items.removeFirst()
            commits.append(
                commit.type == "commit" ? try GitCommitObject(id: tree.commit, content: commit.content) : nil)
            var entries: [GitTreeEntry] = []
            for path in tree.paths {
                let parent = items.removeFirst()
                guard parent.type == "tree" else {
                    // `cat-file` gives the same answer for a directory that is not in the tree and for a tree that the
                    // repository does not have; `ls-tree` fails for the second.
                    if commit.type == "commit" {
                        entries += try await self.entries(tree.commit, below: [path.description])
                    }
                    continue
                }
                let directory = path.parent.map { "\($0)/" } ?? ""
                entries += try GitTreeEntry.parse(tree: parent.content, in: directory, format: format)
                    .filter { $0.path == path.description }
            }
            found.append(entries)
        }
        try await descend(&found, format: format)
        return zip(commits, found).map { commit, entries in
            commit.map { ($0, entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) }
        }
    }

    /// Replaces each directory by its entries.
    private func descend(_ lists: inout [[GitTreeEntry]], format: GitObjectFormat) async throws {
        while true {
            let ids = Set(lists.joined().filter { $0.kind == .directory }.map(\.id)).sorted()
            guard !ids.isEmpty else { return }
            var trees: [String: ArraySlice<UInt8>] = [:]
            for (id, item) in zip(ids, try await objects(ids)) {
                guard item.type == "tree" else {
                    throw GitError(.corrupt, "\(quoted(path)): tree \(id) is missing")
                }
                trees[id] = item.content
            }
            for index in lists.indices {
                lists[index] = try lists[index].flatMap { entry in
                    guard entry.kind == .directory, let tree = trees[entry.id] else { return [entry] }
                    return try GitTreeEntry.parse(tree: tree, in: "\(entry.path)/", format: format)
                }
            }
        }
    }

    private static func parentTree(of path: RelativePath, in commit: CommitID) -> String {
        path.parent.map { "\(commit):\($0)" } ?? "\(commit)^{tree}"
    }
}
