package import CapsuleCore
internal import Processes

/// A commit of a branch's first-parent history that changed a file.
package struct FileChange: Sendable {
    package let commit: CommitID
    /// The committer date, in seconds since 1970.
    package let committed: Int64
    /// The blob of the path in this commit; nil when the commit removed the file or made it something other than a
    /// regular file.
    package let blob: String?
}

/// A part of a branch's first-parent history, newest first.
package struct FileHistory: Sendable {
    /// The commits that changed the file.
    package let changes: [FileChange]
    /// The number of commits, including those that did not change the file.
    package let length: Int
    /// True when the history continues beyond this part.
    package let goesOn: Bool
}

extension GitOpsRepository {
    /// Reads the changes of a file in a part of the first-parent history of `head`, in one process. Fetches only when
    /// the cache ends before `depth`.
    ///
    /// - Parameters:
    ///   - start: the number of newest commits to leave out.
    ///   - depth: the number of commits from `head` at which the part ends.
    /// - Throws: `GitError`
    package func history(
        of head: CommitID, file path: RelativePath, from start: Int, to depth: Int
    ) async throws -> FileHistory {
        try await ensure([head])
        let log = try await readHistory(of: head, file: path, from: start, to: depth)
        guard cache != nil, log.isCutOff, log.length < log.room else { return log.history }
        try await fetchHistory(of: head, depth: depth)
        return try await readHistory(of: head, file: path, from: start, to: depth).history
    }

    private struct Log {
        var changes: [FileChange] = []
        var length = 0
        /// The maximum number of commits of the part.
        let room: Int
        var last: CommitID?
        /// True when the repository lacks the parents of the last commit.
        var isCutOff = false

        /// The history without the commit at which the repository ends: its changes cannot be determined without its
        /// parent.
        var history: FileHistory {
            guard length == room else { return FileHistory(changes: changes, length: length, goesOn: false) }
            guard isCutOff else { return FileHistory(changes: changes, length: length, goesOn: true) }
            return FileHistory(changes: changes.filter { $0.commit != last }, length: length - 1, goesOn: true)
        }
    }

    private func readHistory(
        of head: CommitID, file path: RelativePath, from start: Int, to depth: Int
    ) async throws -> Log {
        // The part begins with a commit that was read before: if it is missing now, the cache has changed.
        let skipped = max(0, start - 1)
        // `--sparse` also lists the commits that did not change the file, which show where the history ends. A commit
        // whose parents are missing is decorated as `grafted`.
        let result = try await reading.run([
            "-c", "log.follow=false", "log", "--first-parent", "--sparse", "--root", "--diff-merges=first-parent",
            "--raw",
            "--no-renames", "--no-ext-diff", "--no-abbrev", "--no-color", "--no-notes", "--decorate-refs=refs/none/",
            "--format=commit %H @%ct %D", "--skip=\(skipped)", "--max-count=\(depth - skipped)", head.description, "--",
            path.description,
        ])
        guard result.succeeded else { throw reading.failure("reading history", result) }
        var log = Log(room: depth - start)
        var first: CommitID?
        var current: (id: CommitID, committed: Int64)?
        for line in result.text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count >= 3, fields[0] == "commit", let id = try? CommitID(String(fields[1])) {
                // The date is empty when Git cannot read it.
                current = (id, GitCommitObject.time(fields[2].dropFirst()))
                first = first ?? id
                log.last = id
                log.length += 1
                log.isCutOff = fields.dropFirst(3).contains("grafted")
            } else if let current, line.hasPrefix(":"), fields.count >= 5 {
                // `:<mode> <mode> <id> <id> <status>\t<path>`
                log.changes.append(
                    FileChange(
                        commit: current.id, committed: current.committed,
                        blob: fields[1].hasPrefix("100") ? String(fields[3]) : nil))
            }
        }
        guard start > 0 else { return log }
        guard let first else { return Log(room: depth - start, isCutOff: true) }
        log.changes.removeAll { $0.commit == first }
        log.length -= 1
        return log
    }
}
