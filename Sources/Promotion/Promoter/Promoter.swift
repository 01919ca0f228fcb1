internal import CapsuleCore
package import DeliveryConfiguration
package import GitOps
internal import OCI
internal import Support

/// Moves releases onto stage branches.
///
/// A promotion is planned against the branches as they are, written as Git objects, and pushed fast-forward. The push is the
/// only visible effect. When somebody else was faster, the branches are read again and the promotion is planned again, gates
/// included; running a promotion twice does nothing the second time.
package struct Promoter: Sendable {
    /// What surrounds a promotion.
    package struct Options: Sendable {
        /// The time, in seconds since 1970: the date of commits, and what soak times are measured by.
        package var now: @Sendable () -> Int64
        /// How often a promotion is planned when others keep moving the branch. Sixteen, with pauses that grow to seconds, is
        /// enough for twenty writers at once on one branch, each with a clone of its own.
        package var attempts = 16
        /// Waits between attempts.
        package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        /// Takes the clock.
        package init(now: @escaping @Sendable () -> Int64) { self.now = now }
    }

    package let branches: StageBranches
    let ancestry: CommitAncestry?
    let options: Options

    /// - Parameters:
    ///   - branches: the GitOps repository at the commit whose policy the releases were rendered with.
    ///   - ancestry: the application repository, when it is at hand, to tell older releases from newer ones.
    package init(branches: StageBranches, ancestry: CommitAncestry?, options: Options) {
        self.branches = branches
        self.ancestry = ancestry
        self.options = options
    }

    var repository: GitOpsRepository { branches.repository }
    var snapshot: GitOpsSnapshot { branches.snapshot }
    package var configuration: CapsuleConfiguration { branches.configuration }
    var root: RelativePath? { branches.root }

    /// What promotions would do, without doing it.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package func plan(_ requests: [PromotionRequest]) async throws -> [PromotionPlan] {
        try await plan(requests, heads: repository.heads)
    }

    func plan(_ requests: [PromotionRequest], heads: GitOpsHeads) async throws -> [PromotionPlan] {
        for request in requests { try check(request) }
        // Everything that any of the requests looks at is read together.
        var wanted = try Set(requests.flatMap { [$0.stage.name] + $0.stage.after }).sorted()
            .map { (stage) throws(CapsuleError) in
                let branch = try configuration.stageBranch(stage)
                return StageHead(stage: stage, branch: branch, head: heads[branch])
            }
        let stages = wanted.count
        let reviews = try requests.map { $0.stage.review == .none ? nil : try reviewBranch($0) }
        for (request, review) in zip(requests, reviews) {
            if let review { wanted.append(StageHead(stage: request.stage.name, branch: review, head: heads[review])) }
        }
        let states = try await branches.states(wanted)
        let held = Array(states.prefix(stages))
        let gates = PromotionGates(branches: branches, ancestry: ancestry, now: options.now())
        var plans: [PromotionPlan] = []
        for (request, review) in zip(requests, reviews) {
            let results = try await gates.results(
                for: request.content.release, to: request.stage, committed: request.content.committed,
                rollback: request.rollback, states: held)
            guard let state = held.first(where: { $0.stage == request.stage.name }) else { continue }
            plans.append(
                try plan(
                    request, held: state,
                    review: review.flatMap { branch in
                        states.dropFirst(stages).first { $0.branch == branch.description }.map { (branch, $0) }
                    }, gates: results + request.evidence))
        }
        return plans
    }

    private func plan(
        _ request: PromotionRequest, held: StageState, review: (BranchName, StageState)?, gates: [GateResult]
    ) throws -> PromotionPlan {
        let layout = try StageLayout(root: root, deployment: request.stage.name)
        func holds(_ state: StageState) throws -> Bool {
            try state.head != nil
                && layout.holds(request.content, entries: state.entries, format: repository.format)
        }
        let change: PromotionPlan.Change
        if !gates.allSatisfy(\.ok) {
            change = .refused
        } else if try holds(held) {
            change = .none
        } else if let open = review?.1, try holds(open), let head = held.head,
            open.commit?.parents.contains(head) == true
        {
            change = .awaitsReview
        } else {
            change = .commit
        }
        return PromotionPlan(
            request: request, state: held, target: try review?.0 ?? configuration.stageBranch(request.stage.name),
            change: change, gates: gates, review: review?.1)
    }

    /// A review goes through a branch of its own: `capsule/<deployment>/<tag>`.
    private func reviewBranch(_ request: PromotionRequest) throws(CapsuleError) -> BranchName {
        let prefix = configuration.reviewBranchPrefix(request.stage.name)
        return try BranchName("\(prefix)\(request.content.release.identity)")
    }

    /// Content belongs to its stage, and was rendered with the policy of this very commit.
    private func check(_ request: PromotionRequest) throws(CapsuleError) {
        let render = request.content.render
        guard render.deployment == request.stage.name else {
            throw CapsuleError(
                .invalidName,
                "manifests that were rendered for \(quoted(render.deployment)) cannot go to stage \(request.stage.name)"
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
