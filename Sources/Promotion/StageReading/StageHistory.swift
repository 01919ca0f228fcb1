package import CapsuleCore
internal import GitOps
internal import Processes

/// What a stage branch has held, newest first.
package struct StageHistory: Sendable {
    /// A time for which the branch held one record.
    package struct Hold: Sendable {
        /// The commit that brought it.
        let commit: CommitID
        /// When that commit was made.
        let from: Int64
        /// The record; nil when the commit took it away or it cannot be read.
        package let record: ReleaseRecord?
    }

    package let holds: [Hold]
    /// Whether this is all there is; else the oldest hold may have begun earlier than it seems to.
    package let complete: Bool

    /// The longest time without a break for which the branch held the release, when it held it at all.
    func longestHold(of release: ReleaseRecord.Release, now: Int64) -> (seconds: Int64, current: Bool)? {
        var best: (seconds: Int64, current: Bool)?
        var end = now
        var run: (end: Int64, current: Bool)?
        for (index, hold) in holds.enumerated() {
            if hold.record?.release.isSame(as: release) == true {
                let open = run ?? (end, index == 0)
                run = open
                let seconds = max(0, open.end - hold.from)
                if best.map({ seconds > $0.seconds }) ?? true { best = (seconds, open.current) }
            } else {
                run = nil
            }
            end = hold.from
        }
        return best
    }
}

extension StageHistory {
    /// When the branch took the release that it holds now, without a break since; nil when that is further back.
    func start(of release: ReleaseRecord.Release) -> Int64? {
        var start: Int64?
        for hold in holds {
            guard hold.record?.release.isSame(as: release) == true else { return start }
            start = hold.from
        }
        return complete ? start : nil
    }
}

extension GitOpsRepository {
    /// What a stage branch has held within `depth` commits of `head`, along first parents.
    package func history(of head: CommitID, record path: RelativePath, depth: Int) async throws -> StageHistory {
        try await repairing {
            try await ensure([head], depth: depth)
            let chain = try await reading.run([
                "rev-list", "--first-parent", "--count", "--max-count=\(depth)", head.description, "--",
            ])
            guard chain.succeeded, let length = Int(chain.text) else {
                throw reading.failure("reading history", chain)
            }
            let touching = try await reading.run([
                "rev-list", "--first-parent", "--max-count=\(depth)", head.description, "--", path.description,
            ])
            guard touching.succeeded else { throw reading.failure("reading history", touching) }
            let ids = touching.text.split(separator: "\n").compactMap { try? CommitID(String($0)) }
            let commits = try await reading.commits(ids)
            let blobs = try await records(ids, path: path)
            let unique = Array(Set(blobs.values)).sorted()
            let contents = try await contents(unique, of: [head], depth: depth)
            var records: [String: ReleaseRecord] = [:]
            for (blob, content) in zip(unique, contents) { records[blob] = try? ReleaseRecord(yaml: Array(content)) }
            return StageHistory(
                holds: commits.map { commit in
                    StageHistory.Hold(
                        commit: commit.id, from: commit.committed,
                        record: blobs[commit.id].flatMap { records[$0] })
                },
                complete: length < depth)
        }
    }

    /// The blob of the record that each commit brought.
    private func records(_ commits: [CommitID], path: RelativePath) async throws -> [CommitID: String] {
        guard !commits.isEmpty else { return [:] }
        let result = try await reading.run(
            [
                "diff-tree", "--stdin", "--root", "--diff-merges=first-parent", "-r", "--no-renames", "--no-abbrev",
                "--raw", "--", path.description,
            ], input: Array((commits.map(\.description).joined(separator: "\n") + "\n").utf8))
        guard result.succeeded else { throw reading.failure("reading history", result) }
        var blobs: [CommitID: String] = [:]
        var current: CommitID?
        for line in result.text.split(separator: "\n") {
            if let commit = try? CommitID(String(line)) {
                current = commit
            } else if line.hasPrefix(":"), let current {
                let fields = line.split(separator: " ")
                // `:<mode> <mode> <id> <id> <status>\t<path>`; only a regular file is a record.
                guard fields.count >= 5, fields[1].hasPrefix("100") else { continue }
                blobs[current] = String(fields[3])
            }
        }
        return blobs
    }
}
