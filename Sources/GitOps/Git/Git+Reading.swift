package import CapsuleCore
internal import OCI
package import Processes
internal import Support

/// A repository on this machine that objects are read from.
package struct GitDirectory: Sendable {
    let git: Git
    /// A directory in which Git finds the repository.
    let path: String
    /// Further object directories, in the form of `GIT_ALTERNATE_OBJECT_DIRECTORIES`.
    var alternates: String?
    /// The configuration file with the exceptions of Git's ownership protection, for a repository that is pushed to; nil
    /// when the repository may belong to any user.
    var configuration: String?
    /// True when the program created the repository itself, so that any fault in it is damage, not a user's mistake.
    var isOwn = false
    /// The reader of objects that runs as long as the repository is open; nil starts a process for each request.
    var reader: GitObjectReader?

    package init(git: Git, path: String) { self.init(git: git, path: path, configuration: nil) }

    init(
        git: Git, path: String, alternates: String? = nil, configuration: String? = nil, isOwn: Bool = false
    ) {
        self.git = git
        self.path = path
        self.alternates = alternates
        self.configuration = configuration
        self.isOwn = isOwn
    }

    /// Reads a commit object.
    func commit(_ id: CommitID) async throws -> GitCommitObject {
        guard let commit = try await commits([id]).first else {
            throw GitError(.notFound, "commit \(id) is not in \(quoted(path)); fetch it")
        }
        return commit
    }

    /// Reads commit objects; those that the repository does not have are left out.
    package func commits(_ ids: [CommitID]) async throws -> [GitCommitObject] {
        var found: [GitCommitObject] = []
        for item in try await objects(ids.map(\.description)) where item.type == "commit" {
            found.append(try GitCommitObject(id: CommitID(item.id), content: item.content))
        }
        return found
    }

    /// The content of blobs in the order of `ids`, each checked against its id.
    package func blobs(_ ids: [String], outputLimit: Int) async throws -> [ArraySlice<UInt8>] {
        let contents = try await availableBlobs(ids, outputLimit: outputLimit)
        return try zip(ids, contents).map { id, content in
            guard let content else {
                throw GitError(.corrupt, "\(quoted(path)): object \(id) is missing; \(Self.partialCloneRemedy)")
            }
            return content
        }
    }

    /// The content of blobs in the order of `ids`, each checked against its id; nil for a blob that the repository
    /// does not have.
    func availableBlobs(_ ids: [String], outputLimit: Int) async throws -> [ArraySlice<UInt8>?] {
        try await objects(ids, outputLimit: outputLimit).map { $0.type == "blob" ? $0.content : nil }
    }

    /// The sizes of objects in the order of `ids`; 0 for an object that the repository does not have, which a later
    /// read reports.
    func sizes(_ ids: [String]) async throws -> [Int] {
        guard !ids.isEmpty else { return [] }
        let result = try await run(
            ["cat-file", "--batch-check=%(objectsize)"], input: Array((ids.joined(separator: "\n") + "\n").utf8))
        guard result.succeeded else { throw failure("looking for objects", result) }
        let sizes = result.text.split(separator: "\n").map { Int($0) ?? 0 }
        guard sizes.count == ids.count else {
            throw GitError(.corrupt, "\(quoted(path)): Git did not print every object")
        }
        return sizes
    }

    /// The ids of those objects that the repository does not have. An object that only a reference with the name of the
    /// id names is missing.
    func missing(_ ids: [String]) async throws -> [String] {
        guard !ids.isEmpty else { return [] }
        let result = try await run(
            ["cat-file", "--batch-check=%(objectname)"], input: Array((ids.joined(separator: "\n") + "\n").utf8))
        guard result.succeeded else { throw failure("looking for objects", result) }
        let found = result.text.split(separator: "\n")
        guard found.count == ids.count else {
            throw GitError(.corrupt, "\(quoted(path)): Git did not print every object")
        }
        return zip(ids, found).compactMap { $0 == $1 ? nil : $0 }
    }

    /// The objects in the order of `names`: ids, or any other names that `git cat-file` accepts. The content of each is
    /// checked against its id, because Git itself does not check what it reads from a pack or a file.
    ///
    /// An object that is found under another id than the requested one is missing: a reference can have the name of an
    /// id.
    func objects(_ names: [String], outputLimit: Int = 64 << 20) async throws -> [GitBatch.Item] {
        guard !names.isEmpty else { return [] }
        let items = try await items(names, outputLimit: outputLimit)
        guard items.count == names.count else {
            throw GitError(.corrupt, "\(quoted(path)): Git did not print every object")
        }
        return try zip(names, items).map { name, item in
            guard let type = item.type else { return item }
            guard GitObjectFormat(ofID: name) == nil || item.id == name else { return .missing(name) }
            guard GitObjectFormat(ofID: item.id)?.objectID(type, item.content) == item.id else {
                throw GitError(.corrupt, "\(quoted(path)): object \(item.id) holds other content than its name says")
            }
            return item
        }
    }

    private func items(_ names: [String], outputLimit: Int) async throws -> [GitBatch.Item] {
        switch try await reader?.read(names, outputLimit: outputLimit) ?? .closed {
        case .items(let items): return items
        case .ended(let result): throw failure("reading objects", result)
        case .closed:
            let result = try await run(
                ["cat-file", "--batch"], input: Array((names.joined(separator: "\n") + "\n").utf8),
                outputLimit: outputLimit)
            guard result.succeeded else { throw failure("reading objects", result) }
            return try GitBatch.parse(result.output)
        }
    }

    /// Keeps a command that only reads objects running while `body` communicates with it.
    nonisolated(nonsending) func conversation<Answer>(
        _ arguments: [String], _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer {
        try await git.localConversation(
            arguments, in: path, alternates: alternates, configuration: configuration, body)
    }

    /// Runs a command that only reads and writes objects.
    package func run(_ arguments: [String], input: [UInt8] = [], outputLimit: Int = 64 << 20) async throws
        -> CommandResult
    {
        try await git.local(
            arguments, in: path, alternates: alternates, configuration: configuration, input: input,
            outputLimit: outputLimit)
    }

    /// The error for a command that failed on this machine, without any network involved.
    package func failure(_ what: String, _ result: CommandResult) -> GitError {
        if !isOwn, result.errorOutput.contains("not a git repository") { return notRepository }
        if Git.isOwnership(result.errorOutput) { return Git.ownershipFailure(path, result.errorOutput) }
        if result.errorOutput.contains("not allowed") || result.errorOutput.contains("promisor remote") {
            return GitError(
                .corrupt,
                "\(quoted(path)): objects of the commit are missing; \(Self.partialCloneRemedy)")
        }
        return GitError(.corrupt, "\(quoted(path)): \(what) failed: \(Git.detail(result.errorOutput))")
    }

    /// The remedy for a missing object, to follow a message. Without `--no-filter`, Git applies the filter of the partial
    /// clone again.
    static let partialCloneRemedy =
        "if this is a partial clone, run `git fetch --refetch --no-filter` in it, or clone without --filter"

    /// The error for a directory that is not in a Git repository.
    var notRepository: GitError { GitError(.notFound, "\(quoted(path)) is not in a Git repository") }
}
