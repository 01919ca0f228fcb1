package import CapsuleCore

/// The releases that a stage branch has held, newest first, as far back as history is read.
package struct StageHolds: AsyncSequence, Sendable {
    /// A period in which the branch held one record.
    package struct Element: Sendable {
        /// The commit that added the record.
        package let commit: CommitID
        /// The time of that commit, in seconds since 1970.
        package let from: Int64
        /// The record; nil when the commit removed it or it cannot be read.
        package let record: ReleaseRecord?
    }

    /// The name of the stage.
    let stage: String
    /// The head of the branch; nil for a stage without a branch, which has held no release.
    let head: CommitID?
    let layout: StageLayout
    let histories: StageHistories

    package struct AsyncIterator: AsyncIteratorProtocol {
        let holds: StageHolds
        var index = 0

        package mutating func next() async throws -> Element? {
            defer { index += 1 }
            return try await holds.histories.hold(index, of: holds)
        }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(holds: self) }
}

extension StageHolds {
    /// The time at which the branch received the release that it holds; nil when it is older than the history that is
    /// read, or when the branch holds another release.
    func start(of release: ReleaseRecord.Release) async throws -> Int64? {
        var start: Int64?
        for try await hold in self {
            guard hold.record?.release.isSame(as: release) == true else { return start }
            start = hold.from
        }
        return await histories.isComplete(self) ? start : nil
    }

    /// True when the branch had the rendered files that the record of a hold names, for this stage. A commit that changes
    /// the record alone proves nothing. A record of the first draft does not name the files, so it proves nothing either.
    package func isProven(_ hold: Element) async throws -> Bool {
        guard let render = hold.record?.render, render.deployment == stage else { return false }
        return try await histories.renderedDigest(at: hold.commit, of: self) == render.digest
    }
}
