package import CapsuleCore
internal import Support

/// A commit, and the paths to read in its tree.
package struct GitTreePaths: Sendable {
    package let commit: CommitID
    package let paths: [RelativePath]
    /// Those of the paths that are read together with their parents: directories with their entries, and small files with
    /// their content.
    let together: Set<RelativePath>
    /// True for a directory at or below one of the paths whose entries are read too.
    let descends: @Sendable (String) -> Bool

    package init(
        commit: CommitID, paths: [RelativePath], together: Set<RelativePath> = [],
        descends: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.commit = commit
        self.paths = paths
        self.together = together
        self.descends = descends
    }
}

/// A commit and entries of its tree.
package typealias GitTreeContent = (commit: GitCommitObject, entries: [GitTreeEntry])

extension GitDirectory {
    /// Reads commits and the entries at and below paths in their trees, with one process and one more for each further
    /// level of directories.
    ///
    /// Git walks from a commit to a path without checking the objects on its way. Here each of them is checked: the
    /// commit against its id, and each tree against the id in the commit or in the tree above it.
    ///
    /// - Parameter file: called with the id and the content of each file that was read together with its parents.
    /// - Returns: for each commit the object and its entries, ordered by path; nil for a commit that the repository
    ///   does not have.
    /// - Throws: `GitError`
    package func trees(
        _ wanted: [GitTreePaths], format: GitObjectFormat, file: (String, ArraySlice<UInt8>) -> Void = { _, _ in }
    ) async throws -> [GitTreeContent?] {
        let names = wanted.map(Self.names)
        var items = try await objects(names.flatMap { $0 })[...]
        for item in items where item.type == "blob" { file(item.id, item.content) }
        var commits: [GitCommitObject?] = []
        var found: [[GitTreeEntry]] = []
        for (tree, names) in zip(wanted, names) {
            let own = items.prefix(names.count)
            items = items.dropFirst(names.count)
            guard let first = own.first, first.type == "commit" else {
                commits.append(nil)
                found.append([])
                continue
            }
            let commit = try GitCommitObject(id: tree.commit, content: first.content)
            var walk = GitTreeWalk(
                repository: path, commit: commit, format: format,
                items: Dictionary(zip(names, own)) { first, _ in first })
            commits.append(commit)
            found.append(try tree.paths.flatMap { try walk.entries(at: $0, in: tree) })
        }
        try await descend(&found, wanted.map(\.descends), format: format)
        return zip(commits, found).map { commit, entries in
            commit.map { ($0, Self.ordered(entries)) }
        }
    }

    /// Reads a commit and the entries at and below paths in its tree.
    ///
    /// - Parameters:
    ///   - paths: nil for the whole tree.
    ///   - descends: true for a directory whose entries are read too.
    /// - Throws: `GitError.Code.notFound` when the repository does not have the commit
    package func tree(
        _ id: CommitID, below paths: [RelativePath]?, descends: @escaping @Sendable (String) -> Bool = { _ in true }
    ) async throws -> GitTreeContent {
        let format = GitObjectFormat(of: id)
        guard let paths else {
            let commit = try await commit(id)
            guard let top = try await objects([commit.tree]).first, top.type == "tree" else {
                throw missing(tree: commit.tree)
            }
            var found = [try GitTreeEntry.parse(tree: top.content, in: "", format: format)]
            try await descend(&found, [descends], format: format)
            return (commit, Self.ordered(found[0]))
        }
        let wanted = GitTreePaths(commit: id, paths: paths, descends: descends)
        guard let tree = try await trees([wanted], format: format)[0] else {
            throw GitError(.notFound, "commit \(id) is not in \(quoted(path)); fetch it")
        }
        return tree
    }

    /// The paths of all files that differ between the trees of two commits.
    package func changes(from old: CommitID, to new: CommitID) async throws -> [String] {
        let commits = try await commits([old, new])
        guard commits.count == 2 else { throw GitError(.corrupt, "\(quoted(path)): a commit is missing") }
        let format = GitObjectFormat(of: new)
        var pairs: [(directory: String, ids: [String])] = [("", commits.map(\.tree))]
        var changed: [String] = []
        while !pairs.isEmpty {
            let ids = Set(pairs.flatMap(\.ids)).sorted()
            let contents = try await contents(ofTrees: ids)
            var next: [(directory: String, ids: [String])] = []
            for (directory, ids) in pairs where ids.count == 1 || ids[0] != ids[1] {
                let sides = try ids.map { id in
                    try GitTreeEntry.parse(tree: contents[id] ?? [], in: directory, format: format)
                }
                let common = sides.count == 2 ? Set(sides[0]).intersection(sides[1]) : []
                for (name, entries) in Dictionary(grouping: sides.joined().filter { !common.contains($0) }, by: \.path)
                {
                    let directories = entries.filter { $0.kind == .directory }
                    if directories.count < entries.count { changed.append(name) }
                    if !directories.isEmpty { next.append(("\(name)/", directories.map(\.id))) }
                }
            }
            pairs = next
        }
        return changed.sorted()
    }

    /// Replaces each directory by its entries.
    private func descend(
        _ lists: inout [[GitTreeEntry]], _ descends: [@Sendable (String) -> Bool], format: GitObjectFormat
    ) async throws {
        while true {
            let open = zip(lists, descends).flatMap { entries, descends in
                entries.filter { $0.kind == .directory && descends($0.path) }
            }
            let ids = Set(open.map(\.id)).sorted()
            guard !ids.isEmpty else { return }
            let trees = try await contents(ofTrees: ids)
            for index in lists.indices {
                lists[index] = try lists[index].flatMap { entry in
                    guard entry.kind == .directory, descends[index](entry.path), let tree = trees[entry.id] else {
                        return [entry]
                    }
                    return try GitTreeEntry.parse(tree: tree, in: "\(entry.path)/", format: format)
                }
            }
        }
    }

    private func contents(ofTrees ids: [String]) async throws -> [String: ArraySlice<UInt8>] {
        var trees: [String: ArraySlice<UInt8>] = [:]
        for (id, item) in zip(ids, try await objects(ids)) {
            guard item.type == "tree" else { throw missing(tree: id) }
            trees[id] = item.content
        }
        return trees
    }

    private func missing(tree id: String) -> GitError { GitTreeWalk.missing(id, in: path) }

    /// Entries in the order of their paths, each once.
    private static func ordered(_ entries: [GitTreeEntry]) -> [GitTreeEntry] {
        var ordered: [GitTreeEntry] = []
        for entry in entries.sorted(by: { $0.path.precedesByBytes($1.path) })
        where ordered.last != entry {
            ordered.append(entry)
        }
        return ordered
    }

    /// The names of a commit, of the trees from its root to each path, and of those paths that are read together with
    /// them.
    private static func names(_ tree: GitTreePaths) -> [String] {
        var names = ["\(tree.commit)"]
        guard !tree.paths.isEmpty else { return names }
        names.append(GitTreeWalk.name(of: nil, in: tree.commit))
        var known: Set<RelativePath> = []
        for path in tree.paths {
            var path: RelativePath? = tree.together.contains(path) ? path : path.parent
            while let directory = path, known.insert(directory).inserted {
                names.append(GitTreeWalk.name(of: directory, in: tree.commit))
                path = directory.parent
            }
        }
        return names
    }
}
