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

    /// The head of the branch; nil for a stage without a branch, which has held no release.
    let head: CommitID?
    let record: RelativePath
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
    /// The time at which the branch received the release that it holds; nil when it is older than the history that is read, or when the
    /// branch holds another release.
    func start(of release: ReleaseRecord.Release) async throws -> Int64? {
        var start: Int64?
        for try await hold in self {
            guard hold.record?.release.isSame(as: release) == true else { return start }
            start = hold.from
        }
        return await histories.isComplete(self) ? start : nil
    }
}
