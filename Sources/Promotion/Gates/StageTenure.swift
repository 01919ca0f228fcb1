internal import CapsuleCore
internal import Support

/// A period without interruption in which a stage held a release.
struct StageTenure: Equatable {
    var seconds: Int64
    /// True when the stage holds the release now.
    var isCurrent: Bool

    /// The conditions under which time on a stage counts.
    ///
    /// Whoever can push to a stage branch chooses the dates of its commits. A date in the future counts as now, and a
    /// commit is not older than its parent, its release or its policy.
    struct Rules {
        let release: ReleaseRecord.Release
        /// The time in seconds since 1970.
        let now: Int64
        /// The time of the release's commit, in seconds since 1970.
        let committed: Int64?
        /// The policy commit of the gates, and its time.
        let policy: (commit: CommitID, committed: Int64)
        /// The signed statements about the promotions to the stage; nil when the policy names no promoter of it, so that
        /// the dates of commits count.
        let attested: AttestedPromotions?
        /// True when a hold counts only with the files that its record names.
        let comparesFiles: Bool
    }
}

extension StageHolds {
    /// The newest tenure of a release that lasted for `enough` seconds, else the longest; nil when the branch never held
    /// it.
    ///
    /// - Parameter isHeadIntact: false when the files on the branch are not those that its record names.
    func tenure(enough: Int64, isHeadIntact: Bool, _ rules: StageTenure.Rules) async throws -> StageTenure? {
        var longest: StageTenure?
        var replacement: Element?
        var run: [Element] = []
        var index = 0
        func end() async throws {
            guard let tenure = try await tenure(run, before: index, replacedBy: replacement, rules) else { return }
            if tenure.seconds > longest?.seconds ?? -1 { longest = tenure }
        }
        for try await hold in self {
            let holdsRelease = hold.record?.release.isSame(as: rules.release) == true
            if holdsRelease, index == 0 ? isHeadIntact : try await counts(hold, rules) {
                run.append(hold)
            } else {
                try await end()
                if let longest, longest.seconds >= enough { return longest }
                (run, replacement) = ([], hold)
            }
            index += 1
        }
        try await end()
        return longest
    }

    /// True when the branch holds the release or has held it.
    func contain(_ rules: StageTenure.Rules) async throws -> Bool {
        for try await hold in self where hold.record?.release.isSame(as: rules.release) == true {
            if try await counts(hold, rules) { return true }
        }
        return false
    }

    private func counts(_ hold: Element, _ rules: StageTenure.Rules) async throws -> Bool {
        guard rules.comparesFiles else { return true }
        return try await isProven(hold)
    }

    /// The tenure of a run of holds of the release, newest first; nil when the run is empty or is not attested.
    ///
    /// - Parameter next: the index of the hold before the run.
    private func tenure(
        _ run: [Element], before next: Int, replacedBy replacement: Element?, _ rules: StageTenure.Rules
    ) async throws -> StageTenure? {
        guard !run.isEmpty else { return nil }
        var start = rules.now
        for (offset, hold) in run.enumerated() {
            let parents = await histories.latest(from: next - run.count + offset + 1, of: self, notAfter: rules.now)
            start = Swift.min(start, time(of: hold, parents: parents, rules))
        }
        if let attested = rules.attested {
            guard let latest = attested.latest else { return nil }
            // A statement that names no commit of the run may be about an earlier promotion.
            start = attested.start(of: run.map(\.commit)) ?? Swift.max(start, latest)
        }
        // A replacement that is dated in the future does not show for how long the release was there.
        let end = replacement.map { $0.from <= rules.now ? $0.from : start } ?? rules.now
        return StageTenure(seconds: Swift.max(0, end.subtractingClamped(start)), isCurrent: replacement == nil)
    }

    /// The time of a hold, as far as it can be relied on.
    private func time(of hold: Element, parents: Int64?, _ rules: StageTenure.Rules) -> Int64 {
        guard hold.from <= rules.now else { return rules.now }
        let isOfPolicy = hold.record?.render?.gitops.commit == rules.policy.commit
        let bounds = [parents, rules.committed, isOfPolicy ? rules.policy.committed : nil].compactMap { $0 }
        return Swift.min(rules.now, bounds.reduce(hold.from) { Swift.max($0, $1) })
    }
}
