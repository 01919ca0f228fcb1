internal import CapsuleCore
package import DeliveryConfiguration
package import GitOps
internal import OCI
internal import Support

/// Promotes releases to stage branches.
///
/// A promotion is planned against the current branches, written as Git objects, and pushed fast-forward. The push is
/// the only visible effect. When another writer was faster, the branches are read again and the promotion is planned
/// again, with its gates. A second run of the same promotion changes nothing.
package struct Promoter: Sendable {
    /// The clock and the limits of a promoter.
    package struct Options: Sendable {
        /// The time in seconds since 1970, used as the date of commits and to measure soak times.
        package var now: @Sendable () -> Int64
        /// The maximum number of times that a promotion is planned while other writers move the branch. Sixteen, with
        /// pauses that grow to seconds, is enough for twenty writers at once on one branch, each with a clone of its
        /// own.
        package var attempts = 16
        /// The function that waits between attempts.
        package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        /// Creates options with a clock.
        package init(now: @escaping @Sendable () -> Int64) { self.now = now }
    }

    package let branches: StageBranches
    let ancestry: CommitAncestry?
    let options: Options

    /// - Parameters:
    ///   - branches: the GitOps repository at the commit whose policy the releases were rendered with.
    ///   - ancestry: the application repository, if available, which determines which of two releases is older.
    package init(branches: StageBranches, ancestry: CommitAncestry?, options: Options) {
        self.branches = branches
        self.ancestry = ancestry
        self.options = options
    }

    var repository: GitOpsRepository { branches.repository }
    var snapshot: GitOpsSnapshot { branches.snapshot }
    package var configuration: CapsuleConfiguration { branches.configuration }
    var root: RelativePath? { branches.root }

    /// Plans promotions that have content or lack only evidence. Nothing is written.
    ///
    /// - Parameter heads: the branches as they are now; nil for those at the time when the repository was opened.
    /// - Throws: `GitError`, `CapsuleError`
    package func plan(_ promotions: [StagePromotion], heads: GitOpsHeads? = nil) async throws -> [StagePromotion] {
        let heads = heads ?? repository.heads
        for promotion in promotions {
            try check(promotion)
            try checkObstacles(to: promotion, heads)
        }
        let planned = promotions.filter { !$0.isRenderRejected }
        guard !planned.isEmpty else { return promotions }
        // The branches of all these stages are read together.
        let stages = try Set(planned.flatMap { [$0.stage.name] + $0.stage.after }).sorted()
            .map { (stage) throws(CapsuleError) in (stage: stage, branch: try configuration.stageBranch(stage)) }
        let reviews = try planned.filter { $0.stage.review != .none }
            .map { (promotion) throws(CapsuleError) in
                (stage: promotion.stage.name, branch: try reviewBranch(promotion))
            }
        let states = try await branches.states(
            (stages + reviews).map { StageHead(stage: $0.stage, branch: $0.branch, head: heads[$0.branch]) })
        let byBranch = Dictionary(states.map { ($0.branch, $0) }) { first, _ in first }
        func state(_ branch: BranchName) throws -> StageState {
            guard let state = byBranch[branch.description] else {
                throw GitError(.gitFailed, "branch \(branch) was not read")
            }
            return state
        }
        let held = try stages.map { try state($0.branch) }
        let gates = PromotionGates(branches: branches, ancestry: ancestry, now: options.now())
        let upstream = Set(planned.flatMap(\.stage.after))
        try await gates.load(
            held.filter { state in
                upstream.contains(state.stage)
                    && planned.contains { state.record?.release.isSame(as: $0.release) == true }
            })
        var result: [StagePromotion] = []
        for var promotion in promotions {
            if !promotion.isRenderRejected {
                let results = try await gates.results(
                    for: promotion.release, to: promotion.stage, committed: promotion.committed,
                    rollback: promotion.rollback, attested: promotion.attested, states: held)
                let current = try state(configuration.stageBranch(promotion.stage.name))
                let rollback = try await rollback(promotion, from: current, results)
                promotion.content?.rollback = rollback
                promotion.plan = try await plan(
                    promotion, held: current,
                    review: promotion.stage.review == .none ? nil : state(reviewBranch(promotion)),
                    gates: results + (promotion.evidence?.gates ?? []) + promotion.headGates)
            }
            result.append(promotion)
        }
        return result
    }

    private func plan(
        _ promotion: StagePromotion, held: StageState, review: StageState?, gates: [GateResult]
    ) async throws -> PromotionPlan {
        let change: PromotionPlan.Change
        if let content = promotion.content, gates.allSatisfy(\.ok) {
            let layout = try StageLayout(root: root, deployment: promotion.stage.name)
            if held.head != nil, try layout.holds(content, entries: held.entries, format: repository.format) {
                change = .none
            } else if let review, try await proposes(content, review, to: held, layout) {
                change = .awaitsReview
            } else {
                change = .commit
            }
        } else {
            change = .refused
        }
        return PromotionPlan(
            state: held, target: try targetBranch(promotion), change: change, gates: gates, review: review)
    }

    /// The rollback that the record of a promotion names. A stage that holds the release already keeps that of its record,
    /// so that the same promotion changes nothing again, unless its history says otherwise.
    private func rollback(
        _ promotion: StagePromotion, from held: StageState, _ gates: [GateResult]
    ) async throws -> ReleaseRecord.RollbackOrigin? {
        guard let record = held.record else { return nil }
        if record.release.isSame(as: promotion.release) {
            let objection = try await branches.objectionToRollback(held, committed: promotion.committed)
            return objection == nil ? record.rollback : nil
        }
        // `audit` has only the times of the commits to tell which of two releases is older.
        guard GateResult.isRollback(gates), !held.holdsOlder(than: promotion.committed) else { return nil }
        return ReleaseRecord.RollbackOrigin(from: record.release.identity)
    }

    /// True when a review branch proposes exactly the commit that a promotion would write: it follows the head of the
    /// stage branch, and its whole tree is that of the stage branch with this content. Anybody who can push to the
    /// review branch can add other changes to it, which a merge would bring to the stage.
    private func proposes(
        _ content: StageContent, _ review: StageState, to held: StageState, _ layout: StageLayout
    ) async throws -> Bool {
        guard let head = held.head, let commit = review.commit, commit.parents.first == head,
            try layout.holds(content, entries: review.entries, format: repository.format)
        else { return false }
        let draft = CommitDraft(
            parents: [head], emptied: [layout.deploy], files: try layout.files(content, policy: snapshot.commit),
            message: "", author: configuration.gitops.author, time: options.now())
        return try await repository.tree(of: draft) == commit.tree
    }

    private func targetBranch(_ promotion: StagePromotion) throws(CapsuleError) -> BranchName {
        promotion.stage.review == .none
            ? try configuration.stageBranch(promotion.stage.name) : try reviewBranch(promotion)
    }

    /// The review branch of a promotion: `capsule/<deployment>/<tag>`.
    private func reviewBranch(_ promotion: StagePromotion) throws(CapsuleError) -> BranchName {
        let prefix = configuration.reviewBranchPrefix(promotion.stage.name)
        return try BranchName("\(prefix)\(promotion.release.identity)")
    }

    /// Checks that the remote can create the branches of a promotion. It would reject the push with an error that reads
    /// like that of a lost race.
    private func checkObstacles(to promotion: StagePromotion, _ heads: GitOpsHeads) throws {
        for branch in try [configuration.stageBranch(promotion.stage.name), targetBranch(promotion)] {
            guard let obstacle = heads.obstacle(to: branch) else { continue }
            throw GitError(
                .gitFailed,
                "the branch \(quoted(branch.description)) cannot be created in "
                    + "\(quoted(repository.remote.description)), which has the branch \(quoted(obstacle.description)): Git "
                    + "cannot store both. Rename or delete that branch, or change gitops.stageBranch")
        }
    }

    /// Checks that the content was rendered for the stage, with the policy of this commit.
    private func check(_ promotion: StagePromotion) throws(CapsuleError) {
        guard let render = promotion.content?.render else { return }
        guard render.deployment == promotion.stage.name else {
            throw CapsuleError(
                .invalidName,
                "manifests that were rendered for \(quoted(render.deployment)) cannot go to stage \(promotion.stage.name)"
            )
        }
        guard render.gitops.commit == snapshot.commit.id else {
            throw CapsuleError(
                .invalidName,
                "manifests that were rendered with policy commit \(render.gitops.commit.short) cannot be promoted with the "
                    + "configuration of \(snapshot.commit.id.short)")
        }
    }
}
