package import CapsuleCore
internal import Processes
internal import Support

extension GitOpsRepository {
    /// So that Git takes missing file contents for what they are, for the one command that fetches. The repository itself is not
    /// marked: there a missing object is missing, and is never fetched one by one behind our back.
    private static let partial = [
        "-c", "remote.origin.promisor=true", "-c", "remote.origin.partialclonefilter=blob:none",
    ]

    /// Sees to it that commits and their trees are here, `depth` commits back.
    ///
    /// - Throws: `GitError`: `.moved` when the remote does not have a commit any more, `.unavailable`, `.unauthorized`
    package func ensure(_ commits: [CommitID], depth: Int = 1) async throws {
        let names = Array(Set(commits.map(\.description))).sorted()
        guard let cache else {
            if let absent = try await reading.missing(names).first {
                throw GitError(.moved, "commit \(absent) is not in \(quoted(remote.description)) any more")
            }
            return
        }
        if depth == 1, try await reading.missing(names).isEmpty { return }
        try await cache.holding {
            let absent = depth == 1 ? try await reading.missing(names) : names
            guard !absent.isEmpty else { return }
            try await fetch(
                Self.partial + [
                    "fetch", "--quiet", "--depth=\(depth)", "--filter=blob:none", "--no-tags", "--no-write-fetch-head",
                    "--recurse-submodules=no", "origin",
                ] + absent.map { "+\($0):\(reference($0))" })
        }
    }

    /// The content of files, in the order that is asked for, each checked against its id.
    ///
    /// - Parameter commit: a commit that has the files, for servers that give out whole commits only.
    package func contents(
        _ ids: [String], of commits: [CommitID], depth: Int = 1, limit: Int = Git.maximumPackageBytes
    ) async throws -> [ArraySlice<UInt8>] {
        let unique = Array(Set(ids)).sorted()
        if let cache, try await !reading.missing(unique).isEmpty {
            try await cache.holding {
                let absent = try await reading.missing(unique)
                guard !absent.isEmpty else { return }
                do {
                    try await fetch(
                        Self.partial + [
                            "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags",
                            "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin",
                            "origin",
                        ], input: Array((absent.joined(separator: "\n") + "\n").utf8))
                } catch let error as GitError where error.code == .moved {
                    // The server gives out what its branches name, and nothing else.
                    try await fetch(
                        [
                            "fetch", "--quiet", "--refetch", "--depth=\(depth)", "--no-tags", "--no-write-fetch-head",
                            "--recurse-submodules=no", "origin",
                        ] + commits.map { "+\($0):\(reference($0.description))" })
                }
            }
        }
        return try await reading.blobs(ids, format: format, outputLimit: limit + ids.count * 128)
    }

    /// Runs `body`; when the cache turns out to be damaged, makes it again and runs `body` once more.
    package func repairing<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as GitError where error.code == .corrupt {
            guard let cache else { throw error }
            try await cache.holding { try cache.create() }
            return try await body()
        }
    }

    private func fetch(_ arguments: [String], input: [UInt8] = []) async throws {
        let result = try await git.remote(
            arguments, remote, in: reading.path, configuration: fileConfiguration, input: input)
        guard result.succeeded else { throw remote.failure("fetching from", result.errorOutput) }
    }

    /// A reference for what was fetched, so that the next fetch of a branch's successor is told what is here.
    private func reference(_ commit: String) -> String { "refs/capsule/\(commit)" }
}
