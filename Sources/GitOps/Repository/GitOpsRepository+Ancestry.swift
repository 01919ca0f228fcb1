package import CapsuleCore
internal import Processes

extension GitOpsRepository {
    /// How far back a stage's history is read, in steps; the last is the end of it. A stage that takes twenty releases a day
    /// reaches 5,000 in most of a year.
    package static let historyDepths = [32, 512, 5_000]

    /// Whether a commit is `head` or comes before it, as far back as history is read.
    ///
    /// - Throws: `GitError`
    package func reaches(_ commit: CommitID, from head: CommitID) async throws -> Bool {
        guard commit != head else { return true }
        return try await repairing {
            for depth in Self.historyDepths {
                try await ensure([head], depth: cache == nil ? 1 : depth)
                if try await reading.missing([commit.description]).isEmpty {
                    let found = try await reading.run(
                        ["merge-base", "--is-ancestor", commit.description, head.description])
                    if found.status == 0 { return true }
                    guard found.status == 1 else { throw reading.failure("comparing commits", found) }
                }
                let count = try await reading.run([
                    "rev-list", "--count", "--max-count=\(depth)", head.description, "--",
                ])
                if cache == nil || (Int(count.text) ?? depth) < depth { return false }
            }
            return false
        }
    }
}
