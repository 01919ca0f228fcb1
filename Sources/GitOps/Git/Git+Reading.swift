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
    /// True when the program created the repository itself, so that any fault in it is damage, not a user's mistake.
    var isOwn = false

    package init(git: Git, path: String, alternates: String? = nil, isOwn: Bool = false) {
        self.git = git
        self.path = path
        self.alternates = alternates
        self.isOwn = isOwn
    }

    /// The full id of the commit that a revision names.
    ///
    /// - Throws: `GitError`
    package func resolve(_ revision: String) async throws -> CommitID {
        guard !revision.isEmpty, !revision.hasPrefix("-"), revision.utf8.count <= 255,
            revision.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
        else { throw GitError(.invalidName, "\(quoted(revision)) is not a revision") }
        let result = try await run(["rev-parse", "--verify", "--end-of-options", "\(revision)^{commit}"])
        guard result.succeeded, let commit = try? CommitID(result.text) else {
            if result.errorOutput.contains("not a git repository") { throw notRepository(result) }
            let why =
                result.errorOutput.contains("ambiguous") ? "more than one object begins so" : "there is no such commit"
            throw GitError(
                .notFound,
                "\(quoted(revision)) in \(quoted(path)): \(why); give the full commit id, and fetch it if this clone is "
                    + "shallow or behind")
        }
        return commit
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

    /// The files below `paths` in a commit's tree; the whole tree when there are none.
    package func entries(_ commit: CommitID, below paths: [String], recursive: Bool = true) async throws
        -> [GitTreeEntry]
    {
        let result = try await run(
            ["ls-tree"] + (recursive ? ["-r"] : []) + ["-z", "--full-tree", commit.description, "--"] + paths)
        guard result.succeeded else { throw failure("listing \(commit)", result) }
        return try GitTreeEntry.parse(result.output)
    }

    /// The content of blobs in the order of `ids`, each checked against its id.
    package func blobs(_ ids: [String], format: GitObjectFormat, outputLimit: Int) async throws -> [ArraySlice<UInt8>] {
        let contents = try await availableBlobs(ids, format: format, outputLimit: outputLimit)
        return try zip(ids, contents).map { id, content in
            guard let content else {
                throw GitError(
                    .corrupt,
                    "\(quoted(path)): object \(id) is missing; if this is a partial clone, run `git fetch --refetch`")
            }
            return content
        }
    }

    /// The content of blobs in the order of `ids`, each checked against its id; nil for a blob that the repository
    /// does not have.
    func availableBlobs(
        _ ids: [String], format: GitObjectFormat, outputLimit: Int
    ) async throws -> [ArraySlice<UInt8>?] {
        try zip(ids, try await objects(ids, outputLimit: outputLimit)).map { id, item in
            guard item.type == "blob" else { return nil }
            guard format.blobID(item.content) == id else {
                throw GitError(.corrupt, "\(quoted(path)): object \(id) holds other content than its name says")
            }
            return item.content
        }
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

    /// The ids of those objects that the repository does not have.
    func missing(_ ids: [String]) async throws -> [String] {
        guard !ids.isEmpty else { return [] }
        let result = try await run(
            ["cat-file", "--batch-check=%(objectname)"], input: Array((ids.joined(separator: "\n") + "\n").utf8))
        guard result.succeeded else { throw failure("looking for objects", result) }
        return result.text.split(separator: "\n").filter { $0.hasSuffix(" missing") }
            .map { String($0.prefix { $0 != " " }) }
    }

    /// The objects in the order of `names`: ids, or any other names that `git cat-file` accepts.
    func objects(_ names: [String], outputLimit: Int = 64 << 20) async throws -> [GitBatch.Item] {
        guard !names.isEmpty else { return [] }
        let result = try await run(
            ["cat-file", "--batch"], input: Array((names.joined(separator: "\n") + "\n").utf8), outputLimit: outputLimit
        )
        guard result.succeeded else { throw failure("reading objects", result) }
        let items = try GitBatch.parse(result.output)
        guard items.count == names.count else {
            throw GitError(.corrupt, "\(quoted(path)): Git did not print every object")
        }
        return items
    }

    /// Runs a command that only reads and writes objects.
    package func run(_ arguments: [String], input: [UInt8] = [], outputLimit: Int = 64 << 20) async throws
        -> CommandResult
    {
        try await git.local(arguments, in: path, alternates: alternates, input: input, outputLimit: outputLimit)
    }

    /// The error for a command that failed on this machine, without any network involved.
    package func failure(_ what: String, _ result: CommandResult) -> GitError {
        if !isOwn, result.errorOutput.contains("not a git repository") { return notRepository(result) }
        if result.errorOutput.contains("not allowed") || result.errorOutput.contains("promisor remote") {
            return GitError(
                .corrupt,
                "\(quoted(path)): this is a partial clone that lacks objects of the commit; run `git fetch --refetch` "
                    + "in it, or clone without --filter")
        }
        return GitError(.corrupt, "\(quoted(path)): \(what) failed: \(Git.detail(result.errorOutput))")
    }

    private func notRepository(_ result: CommandResult) -> GitError {
        GitError(.notFound, "\(quoted(path)) is not in a Git repository")
    }
}
