internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Support

/// Asks every gate of a stage about a release. All are asked and all answers reported; one that cannot be answered is shut.
struct GateKeeper: Sendable {
    let snapshot: GitOpsSnapshot
    let root: RelativePath?
    let ancestry: CommitAncestry?
    let now: Int64

    /// - Parameters:
    ///   - held: what the stage holds.
    ///   - upstream: what the stages of `after` hold, in that order.
    func ask(
        _ stage: Stage, about release: ReleaseRecord.Release, committed: Int64?, rollback: Rollback, held: StageState,
        upstream: [StageState]
    ) async throws -> [GateResult] {
        var results: [GateResult] = []
        for state in upstream { results += try await after(state, stage: stage, release: release) }
        for file in stage.requires { results.append(try await requires(file, release)) }
        results.append(digest(release, held: held))
        results.append(try await order(release, committed: committed, rollback: rollback, held: held))
        return results
    }

    private func after(
        _ state: StageState, stage: Stage, release: ReleaseRecord.Release
    ) async throws -> [GateResult] {
        let name = state.stage
        let holdsNow = state.record?.release.isSame(as: release) == true
        var held: (seconds: Int64, current: Bool)?
        if let head = state.head, !holdsNow || stage.soak != nil {
            let layout = try StageLayout(root: root, deployment: name)
            for depth in GitOpsRepository.historyDepths {
                let history = try await snapshot.repository.history(of: head, record: layout.record, depth: depth)
                held = history.longestHold(of: release, now: now)
                if history.complete { break }
                if let held, held.seconds >= stage.soak?.seconds ?? 0 { break }
            }
        }
        var results: [GateResult] = []
        if holdsNow {
            results.append(GateResult(.after, subject: name, ok: true, reason: "\(name) holds this release"))
        } else if held != nil {
            results.append(GateResult(.after, subject: name, ok: true, reason: "\(name) held this release before"))
        } else {
            results.append(
                GateResult(
                    .after, subject: name, ok: false, reason: shut(state, release),
                    remedy: "promote \(release.identity) to \(name) first"))
        }
        if let soak = stage.soak { results.append(soakResult(soak, name: name, held: held)) }
        return results
    }

    private func shut(_ state: StageState, _ release: ReleaseRecord.Release) -> String {
        guard state.head != nil else { return "\(state.stage) has no stage branch yet" }
        if let problem = state.problem { return "the record of \(state.stage) cannot be read: \(problem)" }
        guard let record = state.record else { return "\(state.stage) holds no release" }
        guard record.release.identity == release.identity else {
            return "\(state.stage) holds \(record.release.identity), and never held this release"
        }
        guard let capsule = record.release.capsule.digest, record.release.image.digest != nil else {
            return "the record of \(state.stage) names \(release.identity) without digests"
        }
        return "\(state.stage) holds \(release.identity) with other content: capsule \(capsule), image "
            + "\(record.release.image.digest?.description ?? "unknown")"
    }

    private func soakResult(_ soak: DurationText, name: String, held: (seconds: Int64, current: Bool)?) -> GateResult {
        guard let held else {
            return GateResult(
                .soak, subject: name, ok: false, reason: "\(name) has not held this release",
                remedy: "it must stand on \(name) for \(soak)")
        }
        let time = DurationText.rounded(held.seconds)
        if held.seconds >= soak.seconds {
            return GateResult(
                .soak, subject: name, ok: true, reason: "\(name) \(held.current ? "has held" : "held") it for \(time)")
        }
        let left = soak.seconds - held.seconds
        guard held.current else {
            return GateResult(
                .soak, subject: name, ok: false, reason: "\(name) held it for \(time) of \(soak), and no longer does",
                remedy: "promote it to \(name) again and let it stand there")
        }
        return GateResult(
            .soak, subject: name, ok: false, reason: "\(name) has held it for \(time) of \(soak)",
            remedy: "wait \(DurationText.rounded(left))", opensAt: CapsuleFormat.timestamp(now + left))
    }

    private func requires(_ file: RequiredFile, _ release: ReleaseRecord.Release) async throws -> GateResult {
        let path = try file.path(for: release.identity)
        if try await snapshot.hasFile(path) {
            return GateResult(
                .requires, subject: path.description, ok: true, reason: "is there at \(snapshot.commit.id.short)")
        }
        return GateResult(
            .requires, subject: path.description, ok: false, reason: "is not there at \(snapshot.commit.id.short)",
            remedy: "commit this file to the GitOps branch")
    }

    private func digest(_ release: ReleaseRecord.Release, held: StageState) -> GateResult {
        guard let old = held.record?.release, old.gitCommit == release.gitCommit, !old.isSame(as: release) else {
            return GateResult(.digest, ok: true, reason: "no other content under this identity")
        }
        guard let capsule = old.capsule.digest, let image = old.image.digest else {
            return GateResult(.digest, ok: true, reason: "the stage holds this identity without digests")
        }
        return GateResult(
            .digest, ok: false,
            reason:
                "\(held.stage) holds \(release.identity) as capsule \(capsule) with image \(image); this is capsule "
                + "\(release.capsule.digest?.description ?? "unknown") with image "
                + "\(release.image.digest?.description ?? "unknown")",
            remedy: "a release never changes: find out who pushed the tag again, and release a new commit")
    }

    private func order(
        _ release: ReleaseRecord.Release, committed: Int64?, rollback: Rollback, held: StageState
    ) async throws -> GateResult {
        if rollback == .always { return GateResult(.order, ok: true, reason: "a rollback may be older") }
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
        if rollback == .held, try await wasHeld(release, by: held) {
            return GateResult(
                .order, subject: GateResult.rollback, ok: true, reason: "\(held.stage) held this release before")
        }
        switch try await ancestry?.relation(of: release.gitCommit, to: old.gitCommit) {
        case .newer:
            return GateResult(.order, ok: true, reason: "comes after \(old.identity) in the application's history")
        case .older:
            return older(held, "comes before \(old.identity), which \(held.stage) holds, in the application's history")
        case .apart, .unknown, nil: break
        }
        guard let committed, let before = held.releaseCommitted else {
            return GateResult(
                .order, ok: false,
                reason: "it cannot be told whether it is older than \(old.identity), which \(held.stage) holds",
                remedy: "give a clone of the application repository with both commits, or promote with rollback")
        }
        if committed < before {
            return older(
                held,
                "was committed at \(CapsuleFormat.timestamp(committed)), before \(old.identity), which \(held.stage) "
                    + "holds (\(CapsuleFormat.timestamp(before)))")
        }
        return GateResult(.order, ok: true, reason: "was committed no earlier than \(old.identity)")
    }

    private func wasHeld(_ release: ReleaseRecord.Release, by held: StageState) async throws -> Bool {
        guard let head = held.head else { return false }
        let layout = try StageLayout(root: root, deployment: held.stage)
        for depth in GitOpsRepository.historyDepths {
            let history = try await snapshot.repository.history(of: head, record: layout.record, depth: depth)
            if history.longestHold(of: release, now: now) != nil { return true }
            if history.complete { break }
        }
        return false
    }

    private func older(_ held: StageState, _ reason: String) -> GateResult {
        GateResult(.order, ok: false, reason: reason, remedy: "to go back on purpose, promote with rollback")
    }
}
