package import CapsuleCore
internal import Processes

/// Every version that a file had in the history of a commit, merges included.
package struct FileVersions: Sendable {
    /// A version of the file.
    package struct Version: Sendable {
        /// A commit that brought it or replaced it.
        package let commit: CommitID
        /// The id of the blob.
        package let blob: String
    }

    /// The versions, newest first. A version may occur several times.
    package let versions: [Version]
    /// The number of commits of the history.
    package let commits: Int
    /// The id of a commit whose parents are not here, or are above the limit; nil for a complete history.
    package let end: CommitID?
}

extension GitOpsRepository {
    /// The maximum number of commits of a policy branch that are searched for versions of a file: twenty changes a day for almost seven
    /// years. Git reads as many in a few seconds.
    package static let searchedCommits = 50_000

    /// Finds every version of a file in the whole history of a commit: along all parents, with what merges changed. One
    /// process of Git compares the trees. What the cache lacks of the history is fetched first, without file contents.
    ///
    /// - Parameters:
    ///   - others: commits whose histories will be searched next, and are fetched together with this one.
    ///   - blob: the id of a file that will be read next, and is fetched together with the history.
    ///   - limit: the maximum number of commits that are searched.
    /// - Throws: `GitError`
    package func versions(
        of path: RelativePath, at head: CommitID, before others: [CommitID] = [], with blob: String? = nil,
        limit: Int = searchedCommits
    ) async throws -> FileVersions {
        try await repairing {
            try await ensure([head])
            let found = try await search(path, head, limit)
            guard found.end != nil, found.commits <= limit, let cache else { return found }
            // A server reports the oldest commit of a fetched depth as cut off, also when it has no parents.
            try await fetchHistories(of: [head] + others, depth: limit + 1, with: blob.map { [$0] } ?? [])
            cache.keepHistories()
            return try await search(path, head, limit)
        }
    }

    private func search(_ path: RelativePath, _ head: CommitID, _ limit: Int) async throws -> FileVersions {
        // The settings of the repository's own configuration that change this output are overridden. `--sparse` lists the
        // commits that do not change the file, too, so that an end of the history is seen.
        let settings = ["log.showRoot=true", "log.follow=false", "log.showSignature=false", "log.diffMerges=separate"]
        let result = try await reading.run(
            settings.flatMap { ["-c", $0] } + [
                "log", "--full-history", "--sparse", "-m", "--raw", "--no-abbrev", "--no-renames", "--no-color",
                "--no-ext-diff", "--no-relative", "--decorate-refs=refs/none/", "--max-count=\(limit + 1)",
                "--format=commit %H %D", "\(head)", "--", "\(path)",
            ])
        guard result.succeeded else { throw reading.failure("reading history", result) }
        var commits: Set<CommitID> = []
        var versions: [FileVersions.Version] = []
        var end: CommitID?
        var current = head
        for line in result.text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.first == "commit", fields.count > 1 {
                current = try CommitID(String(fields[1]))
                commits.insert(current)
                if fields.dropFirst(2).contains(where: { $0.hasPrefix("grafted") }) { end = current }
            } else if line.hasPrefix(":"), fields.count >= 5 {
                for blob in fields[2...3] where blob.contains(where: { $0 != "0" }) {
                    versions.append(FileVersions.Version(commit: current, blob: String(blob)))
                }
            }
        }
        if commits.count > limit { end = end ?? current }
        return FileVersions(versions: versions, commits: commits.count, end: end)
    }
}
