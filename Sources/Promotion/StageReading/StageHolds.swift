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
    /// A period without interruption in which a stage held a release.
    struct Tenure: Equatable {
        var seconds: Int64
        /// True when the stage holds the release now.
        var isCurrent: Bool
    }

    /// The start of the current tenure of a release; nil when it is older than the history that is read, or when the
    /// branch holds another release.
    func start(of release: ReleaseRecord.Release) async throws -> Int64? {
        var start: Int64?
        for try await hold in self {
            guard hold.record?.release.isSame(as: release) == true else { return start }
            start = hold.from
        }
        return await histories.isComplete(self) ? start : nil
    }

    /// True when the branch holds the release or has held it.
    func contain(_ release: ReleaseRecord.Release) async throws -> Bool {
        for try await hold in self where hold.record?.release.isSame(as: release) == true {
            if try await isProven(hold) { return true }
        }
        return false
    }

    /// True when the branch had the rendered files that the record of a hold names, for this stage. A commit that changes
    /// the record alone proves nothing. Records of the first draft name no files.
    package func isProven(_ hold: Element) async throws -> Bool {
        guard let render = hold.record?.render else { return hold.record != nil }
        guard render.deployment == stage else { return false }
        return try await histories.renderedDigest(at: hold.commit, of: self) == render.digest
    }

    /// The newest tenure of the release that lasted for `enough` seconds, else the longest; nil when the branch never
    /// held it.
    func tenure(of release: ReleaseRecord.Release, enough: Int64, now: Int64) async throws -> Tenure? {
        var longest: Tenure?
        var end = now
        var open: (end: Int64, isCurrent: Bool)?
        var isNewest = true
        for try await hold in self {
            let isCurrent = open?.isCurrent ?? isNewest
            var isHeld = hold.record?.release.isSame(as: release) == true
            if isHeld, !isCurrent { isHeld = try await isProven(hold) }
            if isHeld {
                let run = open ?? (end, isNewest)
                open = run
                let seconds = Swift.max(0, run.end - hold.from)
                if seconds > longest?.seconds ?? -1 { longest = Tenure(seconds: seconds, isCurrent: run.isCurrent) }
            } else {
                if let longest, longest.seconds >= enough { return longest }
                open = nil
            }
            (end, isNewest) = (hold.from, false)
        }
        return longest
    }
}
