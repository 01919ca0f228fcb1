internal import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import Support

extension StageBranches {
    /// The reason why the record of a stage does not name a rollback that took place; nil when it does, or names none.
    ///
    /// Whoever can push to a stage branch writes the record, so it is compared with the history of the branch: the stage must
    /// have gone from the named release to this one, and not forward.
    ///
    /// - Parameter committed: the time of the release's commit, in seconds since 1970.
    /// - Throws: `GitError`, `CapsuleError`
    package func objectionToRollback(_ state: StageState, committed: Int64?) async throws -> String? {
        guard let record = state.record, let from = record.rollback?.from else { return nil }
        let reason = "the record names a rollback from \(from)"
        var follows = true
        var last: ReleaseIdentity?
        for try await hold in try holds(of: state) {
            guard let release = hold.record?.release else { continue }
            guard !release.isSame(as: record.release) else {
                follows = true
                continue
            }
            // The branch can have been set back to this release by hand after another one.
            if follows, release.identity == from {
                let head = StageHead(
                    stage: state.stage, branch: try configuration.stageBranch(state.stage), head: hold.commit)
                return try await states([head])[0].holdsOlder(than: committed)
                    ? "\(reason), which is older than \(record.release.identity)" : nil
            }
            if follows { last = last ?? release.identity }
            follows = false
        }
        return "\(reason), and \(state.stage) held \(last?.description ?? "no other release") before this one"
    }
}
