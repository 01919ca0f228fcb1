internal import CapsuleCore
internal import Support

/// A walk from a commit to paths in its tree, over objects that were read together by their paths. Each tree must have
/// the id that the commit or the tree above it names.
struct GitTreeWalk {
    /// The repository, for messages.
    let repository: String
    let commit: GitCommitObject
    let format: GitObjectFormat
    /// The objects by the names with which they were read.
    let items: [String: GitBatch.Item]
    private var known: [RelativePath?: [GitTreeEntry]] = [:]

    init(repository: String, commit: GitCommitObject, format: GitObjectFormat, items: [String: GitBatch.Item]) {
        self.repository = repository
        self.commit = commit
        self.format = format
        self.items = items
    }

    /// The name with which `git cat-file` finds a directory of a commit; nil for the root.
    static func name(of directory: RelativePath?, in commit: CommitID) -> String {
        directory.map { "\(commit):\($0)" } ?? "\(commit)^{tree}"
    }

    /// The error for a tree that the repository does not have.
    static func missing(_ tree: String, in repository: String) -> GitError {
        GitError(.corrupt, "\(quoted(repository)): tree \(tree) is missing; \(GitDirectory.partialCloneRemedy)")
    }

    /// The entry at a path; nil when there is none.
    mutating func entry(at path: RelativePath) throws -> GitTreeEntry? {
        try entries(of: path.parent)?.first { $0.path == path.description }
    }

    /// The entry at a path, or its entries if it is a directory that was read with its parents.
    mutating func entries(at path: RelativePath, in tree: GitTreePaths) throws -> [GitTreeEntry] {
        guard let entry = try entry(at: path) else { return [] }
        guard entry.kind == .directory, tree.together.contains(path), tree.descends(entry.path) else {
            return [entry]
        }
        return try entries(of: path) ?? []
    }

    /// The entries of a directory, nil for the root; nil when the commit has no directory of this path.
    private mutating func entries(of directory: RelativePath?) throws -> [GitTreeEntry]? {
        if let entries = known[directory] { return entries }
        var id = commit.tree
        if let directory {
            guard let entry = try entry(at: directory), entry.kind == .directory else { return nil }
            id = entry.id
        }
        guard let item = items[Self.name(of: directory, in: commit.id)], item.type == "tree", item.id == id else {
            throw Self.missing(id, in: repository)
        }
        let entries = try GitTreeEntry.parse(
            tree: item.content, in: directory.map { "\($0)/" } ?? "", format: format)
        known[directory] = entries
        return entries
    }
}
