internal import CapsuleCore
package import DeliveryConfiguration
package import GitOps
internal import OCI
internal import Support

/// Evaluates the gates of a stage for a release. All of them are evaluated and reported; a gate that cannot be
/// evaluated is closed.
package struct PromotionGates: Sendable {
    let branches: StageBranches
    let ancestry: CommitAncestry?
    let now: Int64
    private let files: RecordedFiles
    private let comparesFiles: Bool

    /// - Parameters:
    ///   - ancestry: the application repository, if available, which determines which of two releases is older.
    ///   - comparesFiles: true when a record counts only with the files that it names. `status` leaves the comparison out,
    ///     because reading the files of all stages of a long ladder takes minutes.
    ///   - now: the time in seconds since 1970 at which soak times end.
    package init(branches: StageBranches, ancestry: CommitAncestry?, comparesFiles: Bool = true, now: Int64) {
        self.branches = branches
        self.ancestry = ancestry
        self.now = now
        files = RecordedFiles(branches)
        self.comparesFiles = comparesFiles
    }

    /// Reads together what the gates compare in the files of stages, for several releases.
    ///
    /// - Throws: `GitError`
    package func load(_ states: [StageState]) async throws { try await files.load(states) }

    /// The results of all gates of a stage, evaluated with the content of its branch and of those of the stages before
    /// it.
    ///
    /// - Parameters:
    ///   - committed: the time of the release's commit, in seconds since 1970.
    ///   - attested: the signed statements about promotions, by upstream stage, where the policy names its promoters.
    /// - Throws: `GitError`, `CapsuleError`
    package func results(
        for release: ReleaseRecord.Release, to stage: Stage, committed: Int64?, rollback: Rollback = .never,
        attested: [String: AttestedPromotions] = [:]
    ) async throws -> [GateResult] {
        try await results(
            for: release, to: stage, committed: committed, rollback: rollback, attested: attested,
            states: branches.states(of: [stage.name] + stage.after))
    }

    /// The results of all gates of a stage.
    ///
    /// - Parameter states: the states of the stage and of its upstream stages; further ones are ignored.
    /// - Throws: `GitError`, `CapsuleError`
    package func results(
        for release: ReleaseRecord.Release, to stage: Stage, committed: Int64?, rollback: Rollback = .never,
        attested: [String: AttestedPromotions] = [:], states: [StageState]
    ) async throws -> [GateResult] {
        func state(_ name: String) throws -> StageState {
            guard let state = states.first(where: { $0.stage == name }) else {
                throw GitError(.gitFailed, "the branch of stage \(name) was not read")
            }
            return state
        }
        let held = try state(stage.name)
        func rules(_ stage: String) -> StageTenure.Rules {
            StageTenure.Rules(
                release: release, now: now, committed: committed,
                policy: (branches.snapshot.commit.id, branches.snapshot.commit.committed), attested: attested[stage],
                comparesFiles: comparesFiles)
        }
        var results: [GateResult] = []
        for name in stage.after { results += try await after(state(name), stage: stage, rules(name)) }
        for file in stage.requires { results.append(try await requires(file, release)) }
        results.append(digest(release, held: held))
        results.append(try await order(rules(stage.name), rollback: rollback, held: held))
        return results
    }

    private func after(_ state: StageState, stage: Stage, _ rules: StageTenure.Rules) async throws -> [GateResult] {
        let (name, release) = (state.stage, rules.release)
        let holdsRecord = state.record?.release.isSame(as: release) == true
        let isIntact = holdsRecord && comparesFiles ? try await files.match(state) : true
        let holdsNow = holdsRecord && isIntact && rules.attested?.isAttested != false
        var tenure: StageTenure?
        if !holdsNow || stage.soak != nil {
            tenure = try await branches.holds(of: state)
                .tenure(enough: stage.soak?.seconds ?? 0, isHeadIntact: isIntact, rules)
        }
        var results: [GateResult] = []
        if holdsNow {
            results.append(GateResult(.after, subject: name, ok: true, reason: "\(name) holds this release"))
        } else if tenure != nil {
            results.append(GateResult(.after, subject: name, ok: true, reason: "\(name) held this release before"))
        } else if holdsRecord, !isIntact {
            results.append(
                GateResult(
                    .after, subject: name, ok: false,
                    reason: "the files on \(state.branch) are not those that its record names",
                    remedy: "find out who pushed \(state.branch), and promote \(release.identity) to \(name) again"))
        } else if rules.attested?.isAttested == false {
            results.append(
                GateResult(
                    .after, subject: name, ok: false,
                    reason: "no promoter that the policy names has attested the promotion of this release to \(name)",
                    remedy: "promote \(release.identity) to \(name) with --attest-key"))
        } else {
            results.append(
                GateResult(
                    .after, subject: name, ok: false, reason: reasonNotHeld(state, release),
                    remedy: "promote \(release.identity) to \(name) first"))
        }
        if let soak = stage.soak { results.append(soakResult(soak, name: name, tenure)) }
        return results
    }

    private func reasonNotHeld(_ state: StageState, _ release: ReleaseRecord.Release) -> String {
        guard state.head != nil else { return "\(state.stage) has no stage branch yet" }
        if let problem = state.problem { return "the record of \(state.stage) cannot be read: \(problem)" }
        guard let record = state.record else { return "\(state.stage) holds no release" }
        guard record.release.identity == release.identity else {
            return "\(state.stage) holds \(record.release.identity), and never held this release"
        }
        guard record.release.capsule.digest != nil, record.release.image.digest != nil else {
            return "the record of \(state.stage) names \(release.identity) without digests"
        }
        return "\(state.stage) holds \(release.identity) with other content: "
            + record.release.digests(joinedBy: ", ")
    }

    private func soakResult(_ soak: DurationText, name: String, _ tenure: StageTenure?) -> GateResult {
        guard let tenure else {
            return GateResult(
                .soak, subject: name, ok: false, reason: "\(name) has not held this release",
                remedy: "it must stay on \(name) for \(soak)")
        }
        let time = DurationText.rounded(tenure.seconds)
        if tenure.seconds >= soak.seconds {
            return GateResult(
                .soak, subject: name, ok: true,
                reason: "\(name) \(tenure.isCurrent ? "has held" : "held") it for \(time)")
        }
        let left = soak.seconds - tenure.seconds
        guard tenure.isCurrent else {
            return GateResult(
                .soak, subject: name, ok: false, reason: "\(name) held it for \(time) of \(soak), and no longer does",
                remedy: "promote it to \(name) again and keep it there for \(soak)")
        }
        return GateResult(
            .soak, subject: name, ok: false, reason: "\(name) has held it for \(time) of \(soak)",
            remedy: "wait \(DurationText.rounded(left))", opensAt: CapsuleFormat.timestamp(now + left))
    }

    private func requires(_ file: RequiredFile, _ release: ReleaseRecord.Release) async throws -> GateResult {
        let path = try file.path(for: release.identity)
        let commit = branches.snapshot.commit.id.short
        if try await branches.snapshot.hasFile(path) {
            return GateResult(
                .requires, subject: path.description, ok: true, reason: "is there at \(commit)")
        }
        return GateResult(
            .requires, subject: path.description, ok: false, reason: "is not there at \(commit)",
            remedy: "commit this file to the GitOps branch")
    }

    private func digest(_ release: ReleaseRecord.Release, held: StageState) -> GateResult {
        guard let old = held.record?.release, old.gitCommit == release.gitCommit, !old.isSame(as: release) else {
            return GateResult(.digest, ok: true, reason: "no other content under this identity")
        }
        guard old.capsule.digest != nil, old.image.digest != nil else {
            return GateResult(.digest, ok: true, reason: "the stage holds this identity without digests")
        }
        return GateResult(
            .digest, ok: false,
            reason:
                "\(held.stage) holds \(release.identity) as \(old.digests(joinedBy: " with ")); this is "
                + release.digests(joinedBy: " with "),
            remedy: "a release never changes: find out who pushed the tag again, and release a new commit")
    }

    private func order(
        _ rules: StageTenure.Rules, rollback: Rollback, held: StageState
    ) async throws -> GateResult {
        let (release, committed) = (rules.release, rules.committed)
        if rollback == .always {
            let isOlder = await isOlder(rules, held) ?? (held.record?.release.gitCommit != release.gitCommit)
            return GateResult(
                .order, subject: isOlder && held.record != nil ? GateResult.rollback : nil, ok: true,
                reason: "a rollback may be older")
        }
        if let problem = held.problem {
            return GateResult(
                .order, ok: false, reason: "the record of \(held.stage) cannot be read: \(problem)",
                remedy: "restore the record on \(held.branch), or promote with rollback")
        }
        guard let old = held.record?.release else {
            return GateResult(.order, ok: true, reason: "the first release on \(held.stage)")
        }
        guard old.gitCommit != release.gitCommit else {
            return GateResult(.order, ok: true, reason: "\(held.stage) holds this release")
        }
        if rollback == .held, try await branches.holds(of: held).contain(rules) {
            let isOlder = await isOlder(rules, held) ?? true
            return GateResult(
                .order, subject: isOlder ? GateResult.rollback : nil, ok: true,
                reason: "\(held.stage) held this release before")
        }
        switch try await ancestry?.relation(of: release.gitCommit, to: old.gitCommit) {
        case .newer:
            return GateResult(.order, ok: true, reason: "comes after \(old.identity) in the application's history")
        case .older:
            return older("comes before \(old.identity), which \(held.stage) holds, in the application's history")
        case .apart, .unknown, nil: break
        }
        guard let committed, let before = held.releaseCommitted else {
            return GateResult(
                .order, ok: false,
                reason: "it is not known whether it is older than \(old.identity), which \(held.stage) holds",
                remedy: "give a clone of the application repository with both commits, or promote with rollback")
        }
        if committed < before {
            return older(
                "was committed at \(CapsuleFormat.timestamp(committed)), before \(old.identity), which \(held.stage) "
                    + "holds (\(CapsuleFormat.timestamp(before)))")
        }
        return GateResult(.order, ok: true, reason: "was committed no earlier than \(old.identity)")
    }

    /// Whether a release is older than what a stage holds; nil when that is not known.
    private func isOlder(_ rules: StageTenure.Rules, _ held: StageState) async -> Bool? {
        guard let old = held.record?.release, old.gitCommit != rules.release.gitCommit else { return false }
        switch try? await ancestry?.relation(of: rules.release.gitCommit, to: old.gitCommit) {
        case .newer: return false
        case .older: return true
        case .apart, .unknown, nil: break
        }
        guard let committed = rules.committed, let before = held.releaseCommitted else { return nil }
        return committed < before
    }

    private func older(_ reason: String) -> GateResult {
        GateResult(.order, ok: false, reason: reason, remedy: "to go back on purpose, promote with rollback")
    }
}
