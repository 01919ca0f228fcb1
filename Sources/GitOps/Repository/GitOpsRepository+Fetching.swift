package import CapsuleCore
internal import FoundationEssentials
internal import Processes
internal import Support

extension GitOpsRepository {
    /// The options that make Git accept missing file contents, for the one command that fetches. The repository itself
    /// is not marked as a partial clone: reads of a missing object fail, and Git never fetches objects one by one on
    /// its own.
    private static let partial = [
        "-c", "remote.origin.promisor=true", "-c", "remote.origin.partialclonefilter=blob:none",
    ]

    /// Fetches the commits that the repository does not have, with their trees. Commits that this run has seen are not
    /// checked again.
    ///
    /// - Parameter depth: the number of commits of the history of each that is fetched.
    /// - Throws: `GitError`: `.moved` when the remote no longer has a commit, `.unavailable`, `.unauthorized`
    package func ensure(_ commits: [CommitID], depth: Int = 1) async throws {
        try check(commits)
        let present = store.current.present
        let names = present.absent(of: commits).map(\.description).sorted()
        guard !names.isEmpty else { return }
        if let absent = try await reading.missing(names).first {
            guard let cache else {
                throw GitError(.moved, "commit \(absent) is no longer in \(quoted(remote.description))")
            }
            try await cache.holding {
                let absent = try await reading.missing(names)
                if !absent.isEmpty { try await fetchCommits(absent, depth: depth) }
            }
        }
        present.insert(commits)
    }

    /// Checks that ids have the length of this repository's ids. Git reads another id as the name of a reference.
    private func check(_ commits: [CommitID]) throws {
        for commit in commits where GitObjectFormat(of: commit) != format {
            throw GitError(
                .moved,
                "commit \(commit) is not in \(quoted(remote.description)), whose commit ids have "
                    + "\(2 * format.byteCount) digits")
        }
    }

    /// Fetches the histories of commits, `depth` commits back, and files of these commits: in one request.
    ///
    /// A server leaves out the files of a commit that it knows to be here, also those that are requested by their ids.
    /// Where a file is missing, all of this is fetched into an empty repository, and moved to the cache from there.
    ///
    /// - Parameter blobs: the ids of the files.
    func fetchHistories(of heads: [CommitID], depth: Int, with blobs: [String] = []) async throws {
        try await cache?.holding {
            let names = heads.map(\.description)
            let absent = try await reading.missing(blobs)
            if !absent.isEmpty, try await fetchApart(names, depth: depth, with: absent) { return }
            try await fetchCommits(names, depth: depth)
        }
    }

    /// Fetches histories and files into a repository of their own, and moves them to the cache. The caller must hold the
    /// cache.
    ///
    /// - Returns: false when the server sends only what its branches name.
    private func fetchApart(_ names: [String], depth: Int, with blobs: [String]) async throws -> Bool {
        guard let cache else { return false }
        let apart = GitDirectory(git: git, path: "\(cache.path)/\(GitOpsCache.apart)", isOwn: true)
        try? FileManager.default.removeItem(atPath: apart.path)
        defer { try? FileManager.default.removeItem(atPath: apart.path) }
        try BareRepository.create(apart.path, format: format, remote: remote)
        do {
            try await fetch(
                // Git would store few objects one by one.
                ["-c", "fetch.unpackLimit=1"] + Self.fetchOfCommits(names, depth: depth) + blobs, in: apart)
        } catch let error as GitError where error.code == .moved {
            return false
        }
        try cache.take(apart.path, stillShallow: try await apart.missing(cache.shallow))
        return true
    }

    private func fetchCommits(_ names: [String], depth: Int) async throws {
        try await fetch(Self.fetchOfCommits(names, depth: depth))
    }

    private static func fetchOfCommits(_ names: [String], depth: Int) -> [String] {
        partial + [
            "fetch", "--quiet", "--depth=\(depth)", "--filter=blob:none", "--no-tags", "--no-write-fetch-head",
            "--recurse-submodules=no", "origin",
        ] + names.map { "+\($0):\(reference($0))" }
    }

    /// Reads commits and the entries at and below paths in their trees, with one fetch for all that is missing.
    ///
    /// - Parameter depth: the number of commits of the history of each commit that is fetched, if it is.
    /// - Throws: `GitError`
    package func trees(_ wanted: [GitTreePaths], depth: Int = 1) async throws -> [GitTreeContent] {
        guard !wanted.isEmpty else { return [] }
        try check(wanted.map(\.commit))
        let present = store.current.present
        let found = try await readTrees(wanted).compactMap { $0 }
        if found.count == wanted.count {
            present.insert(wanted.map(\.commit))
            return found
        }
        try await ensure(wanted.map(\.commit), depth: depth)
        let fetched = try await readTrees(wanted).compactMap { $0 }
        guard fetched.count == wanted.count else {
            let names = wanted.map(\.commit.description).joined(separator: ", ")
            throw GitError(.notFound, "\(quoted(remote.description)): not all of \(names) are commits")
        }
        return fetched
    }

    /// Reads trees that the repository has, and remembers the files that are read together with them.
    func readTrees(_ wanted: [GitTreePaths]) async throws -> [GitTreeContent?] {
        try await reading.trees(wanted, format: format) { id, content in files.insert(id, Array(content)) }
    }

    /// The content of files in the order of `ids`, each checked against its id.
    ///
    /// - Parameters:
    ///   - commits: commits that have the files, for servers that send only whole commits.
    ///   - depth: the number of commits of their history that such a server sends.
    /// - Throws: `GitError`
    package func contents(
        _ ids: [String], of commits: [CommitID], depth: Int = 1, limit: Int = Git.maximumPackageBytes
    ) async throws -> [ArraySlice<UInt8>] {
        if let known = files.contents(of: ids) { return known }
        let outputLimit = limit + ids.count * 128
        guard let cache else { return try await reading.blobs(ids, outputLimit: outputLimit) }
        let found = try await reading.availableBlobs(ids, outputLimit: outputLimit)
        let here = found.compactMap { $0 }
        guard here.count < ids.count else { return here }
        try await cache.holding {
            let absent = try await reading.missing(Array(Set(zip(ids, found).filter { $1 == nil }.map(\.0))).sorted())
            guard !absent.isEmpty else { return }
            do {
                try await fetch(
                    Self.partial + [
                        "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags",
                        "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin",
                        "origin",
                    ], input: Array((absent.joined(separator: "\n") + "\n").utf8))
            } catch let error as GitError where error.code == .moved {
                // The server sends only commits that its branches name.
                try await fetch(
                    [
                        "fetch", "--quiet", "--refetch", "--depth=\(depth)", "--no-tags", "--no-write-fetch-head",
                        "--recurse-submodules=no", "origin",
                    ] + commits.map { "+\($0):\(Self.reference($0.description))" })
            }
        }
        return try await reading.blobs(ids, outputLimit: outputLimit)
    }

    /// Runs `body`. If it fails and the cache may be the reason, whatever Git says, runs it once more in a repository of
    /// this run alone. When that works, the cache was at fault, and is removed; otherwise the second error is thrown.
    package func repairing<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let cache = store.sharedCache(of: store.current)
        do {
            return try await body()
        } catch let error as GitError where error.mayBeOfCache {
            guard let cache else { throw error }
            try await store.leave(cache)
            let result = try await body()
            // Without the cache the next run is slower, but this one must not fail.
            try? await cache.holding { try cache.replace() }
            return result
        }
    }

    private func fetch(
        _ arguments: [String], in directory: GitDirectory? = nil, input: [UInt8] = []
    ) async throws {
        _ = try await git.reading(
            "fetching from", arguments, from: remote, in: (directory ?? reading).path,
            configuration: fileConfiguration, input: input)
    }

    /// The reference to a fetched commit, which makes the next fetch report to the server that the commit is present.
    private static func reference(_ commit: String) -> String { "refs/capsule/\(commit)" }
}
