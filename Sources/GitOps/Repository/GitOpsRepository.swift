internal import FoundationEssentials
internal import Processes
internal import Support

/// The GitOps repository: environment policy on one branch, rendered output on stage branches.
///
/// The objects of a remote are kept in a bare repository that is shallow and, where the server allows it, without file
/// contents; these are fetched when they are read. A repository given by path is read directly. New commits are
/// created in a separate repository, which is removed at the end; only a push makes them visible.
package struct GitOpsRepository: Sendable {
    /// The address.
    package let remote: GitRemote
    /// The branches at the time of opening.
    package let heads: GitOpsHeads

    package let git: Git
    package let format: GitObjectFormat
    /// Where objects are read from and written to.
    let store: GitOpsStore
    /// The repository that objects are read from.
    package var reading: GitDirectory { store.current.reading }
    /// The repository in which commits are created. It belongs to this run and sees the objects of `reading`.
    ///
    /// - Throws: `FileError.Code.io`
    package var writing: GitDirectory {
        get throws(FileError) { try store.writing(format: format) }
    }
    /// The cache; nil for a repository given by path.
    var cache: GitOpsCache? { store.current.cache }
    let files = KnownFiles()
    /// The file of Git's configuration on the other side of the `file` transport.
    let fileConfiguration: String

    /// Opens a repository for the time that `body` runs.
    ///
    /// - Parameters:
    ///   - cacheDirectory: the directory that keeps remote repositories between runs. If it is nil, cannot be written or
    ///     can be written by other users, they are kept for this run only.
    ///   - workingDirectory: the directory that a relative path is resolved in; nil for that of this process.
    /// - Throws: `GitError`
    package static func with<Result: Sendable>(
        _ remote: GitRemote, git: Git, cacheDirectory: String?, workingDirectory: String? = nil,
        _ body: (GitOpsRepository) async throws -> Result
    ) async throws -> Result {
        let remote = remote.resolved(in: workingDirectory ?? FileManager.default.currentDirectoryPath)
        let temporary = FileManager.default.temporaryDirectory.path
        let directory: ScratchDirectory
        do throws(SystemError) {
            directory = try ScratchDirectory.make(in: temporary)
        } catch {
            throw GitError(
                .gitFailed,
                "cannot make a temporary directory in \(temporary): \(error.text); set TMPDIR to a directory that can be "
                    + "written", cause: error)
        }
        defer { directory.end() }
        let scratch = directory.path
        let configuration = "\(scratch)/file.config"
        try write(configuration, safeDirectories: [])
        let local =
            remote.transport == .path
            ? remote.path.map { GitDirectory(git: git, path: $0, configuration: configuration).keepingReader() } : nil
        // Readers are cancelled at the end of this scope. That of a path starts Git while the branches are listed.
        async let _: Void? = local?.reader?.serve(startsNow: true)
        let repository = try await open(
            remote, local: local, git: git, cacheDirectory: cacheDirectory, scratch: scratch, configuration)
        async let _: Void? = local == nil ? repository.reading.reader?.serve() : nil
        return try await body(repository)
    }

    private static func open(
        _ remote: GitRemote, local: GitDirectory?, git: Git, cacheDirectory: String?, scratch: String,
        _ fileConfiguration: String
    ) async throws -> GitOpsRepository {
        // Both take a process. Where this one fails, the list of the branches fails too, and its error explains more.
        async let likely = try? objectStore(of: local)
        let heads: GitOpsHeads
        do {
            heads = try await list(remote, git: git, in: scratch, configuration: fileConfiguration)
        } catch let error as GitError where error.code == .foreignOwner {
            try write(fileConfiguration, safeDirectories: await git.safeDirectories(in: scratch))
            if let local { local.reader?.restart(in: local) }
            heads = try await list(remote, git: git, in: scratch, configuration: fileConfiguration)
        }
        var format = heads.branches.values.first.map { GitObjectFormat(of: $0) } ?? .sha1
        let opened: GitOpsStore.Objects
        if let local {
            let store: ObjectStore? = if let store = await likely { store } else { try await objectStore(of: local) }
            format = store?.format ?? format
            opened = GitOpsStore.Objects(local, objects: store?.path ?? "", scratch: scratch)
        } else {
            let cache = try await openCache(cacheDirectory, scratch: scratch, remote: remote, format: format)
            opened = GitOpsStore.Objects(cache, git: git, scratch: scratch)
        }
        return GitOpsRepository(
            remote: remote, heads: heads, git: git, format: format, store: GitOpsStore(opened, scratch: scratch),
            fileConfiguration: fileConfiguration)
    }

    /// Writes Git's configuration for the other side of the `file` transport, where the user's own does not apply: filters
    /// are allowed, and the repositories of other users that this user trusts.
    private static func write(_ configuration: String, safeDirectories: [String]) throws {
        var text = "[uploadpack]\n\tallowFilter = true\n[safe]\n"
        for directory in safeDirectories {
            let escaped = directory.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            text += "\tdirectory = \"\(escaped)\"\n"
        }
        SystemCall.remove(configuration)
        do throws(SystemError) {
            try NewFile.write(Array(text.utf8), configuration, mode: 0o600, durable: false)
        } catch {
            throw GitError(.gitFailed, "cannot write \(configuration): \(error.text)", cause: error)
        }
    }

    private static func openCache(
        _ directory: String?, scratch: String, remote: GitRemote, format: GitObjectFormat
    ) async throws -> GitOpsCache {
        if let directory {
            do {
                try CacheDirectory.prepare(directory)
                return try await GitOpsCache.open(in: directory, remote: remote, format: format)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // Without the cache the promotion is slower, but it must not fail.
            }
        }
        return try await GitOpsCache.open(in: scratch, remote: remote, format: format)
    }

    /// Reads the current branches.
    ///
    /// - Throws: `GitError`
    package func currentHeads() async throws -> GitOpsHeads {
        try await Self.list(remote, git: git, in: store.scratch, configuration: fileConfiguration)
    }

    private static func list(
        _ remote: GitRemote, git: Git, in directory: String, configuration: String
    ) async throws -> GitOpsHeads {
        if let heads = try await localHeads(of: remote, git: git, configuration: configuration) { return heads }
        let result = try await git.reading(
            "listing the branches of",
            ["ls-remote", "--quiet", "--symref", "--end-of-options", remote.address, "HEAD", "refs/heads/*"],
            from: remote, in: directory, configuration: configuration)
        return GitOpsHeads(lines: result.text)
    }

    /// The branches of a repository given by path, which `ls-remote` would start three processes for. Nil when they cannot
    /// be read: the message of `ls-remote` explains why.
    private static func localHeads(
        of remote: GitRemote, git: Git, configuration: String
    ) async throws -> GitOpsHeads? {
        // Git would look for a repository in the directories above, too.
        guard remote.transport == .path, let path = remote.path,
            ["\(path)/.git", "\(path)/HEAD"].contains(where: { (try? SystemCall.status(of: $0)) != nil })
        else { return nil }
        let directory = GitDirectory(git: git, path: path, configuration: configuration)
        do {
            let result = try await directory.run([
                "for-each-ref", "--format=%(objectname)%09%(refname)%09%(HEAD)", "refs/heads",
            ])
            guard result.succeeded else { return nil }
            let lines = result.text.split(separator: "\n").map { $0.split(separator: "\t") }
            let head = lines.first { $0.last == "*" }.map { "ref: \($0[1])\tHEAD\n" } ?? ""
            return GitOpsHeads(lines: head + lines.map { $0.prefix(2).joined(separator: "\t") }.joined(separator: "\n"))
        } catch is GitError {
            return nil
        }
    }

    /// The directory of a repository's objects, and their format; nil for a format that this program does not know.
    private typealias ObjectStore = (path: String, format: GitObjectFormat?)

    private static func objectStore(of directory: GitDirectory?) async throws -> ObjectStore? {
        guard let directory else { return nil }
        let result = try await directory.run([
            "rev-parse", "--path-format=absolute", "--show-object-format", "--git-path", "objects",
        ])
        guard result.succeeded else { throw directory.failure("finding the repository", result) }
        // A path can have several lines.
        let lines = result.text.split(separator: "\n", maxSplits: 1).map(String.init)
        guard lines.count == 2 else { throw directory.failure("finding the repository", result) }
        return (lines[1], GitObjectFormat(rawValue: lines[0]))
    }

    /// A path inside a repository's Git directory.
    static func gitPath(_ name: String, of directory: GitDirectory) async throws -> String {
        let result = try await directory.run(["rev-parse", "--path-format=absolute", "--git-path", name])
        guard result.succeeded else { throw directory.failure("finding the repository", result) }
        return result.text
    }
}
