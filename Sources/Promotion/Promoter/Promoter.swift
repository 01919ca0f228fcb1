public import CapsuleCore
public import DeliveryConfiguration
public import GitOps
internal import OCI
internal import Support

/// Moves releases onto stage branches.
///
/// A promotion is planned against the branches as they are, written as Git objects, and pushed fast-forward. The push is the
/// only visible effect. When somebody else was faster, the branches are read again and the promotion is planned again, gates
/// included; running a promotion twice does nothing the second time.
public struct Promoter: Sendable {
    /// What surrounds a promotion.
    public struct Options: Sendable {
        /// The time, in seconds since 1970: the date of commits, and what soak times are measured by.
        public var now: @Sendable () -> Int64
        /// How often a promotion is planned when others keep moving the branch. Sixteen, with pauses that grow to seconds, is
        /// enough for twenty writers at once on one branch, each with a clone of its own.
        public var attempts = 16
        /// Waits between attempts.
        public var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        /// Takes the clock.
        public init(now: @escaping @Sendable () -> Int64) { self.now = now }
    }

    let snapshot: GitOpsSnapshot
    package let configuration: CapsuleConfiguration
    let ancestry: CommitAncestry?
    let options: Options

    /// - Parameters:
    ///   - snapshot: the GitOps repository at the commit whose policy the releases were rendered with.
    ///   - ancestry: the application repository, when it is at hand.
    public init(
        snapshot: GitOpsSnapshot, configuration: CapsuleConfiguration, ancestry: CommitAncestry?, options: Options
    ) {
        self.snapshot = snapshot
        self.configuration = configuration
        self.ancestry = ancestry
        self.options = options
    }

    var repository: GitOpsRepository { snapshot.repository }
    var root: RelativePath? { configuration.gitops.root }
    private var reader: StageReader { StageReader(repository: repository, root: root) }

    /// What stages hold now and since when, in the order of the ladder.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    public func states() async throws -> [StageState] {
        var states = try await held()
        for index in states.indices { states[index].since = try await since(states[index]) }
        return states
    }

    /// What stages hold now, in the order of the ladder, without since when.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package func held() async throws -> [StageState] {
        try await states(configuration.stages.map(\.name), heads: repository.heads)
    }

    /// What a stage's branch held at a commit of it.
    ///
    /// - Throws: `CapsuleError.Code.notFound` for a commit that the branch never held; `GitError`
    public func state(of stage: String, at commit: CommitID) async throws -> StageState {
        let branch = try configuration.stageBranch(stage)
        guard let head = repository.heads[branch], try await repository.reaches(commit, from: head) else {
            throw CapsuleError(.notFound, "\(branch) never held commit \(commit)")
        }
        guard let state = try await reader.states([(stage, branch, commit)]).first else {
            throw GitError(.gitFailed, "branch \(branch) was not read")
        }
        return state
    }

    private func since(_ state: StageState) async throws -> String? {
        guard let head = state.head, let release = state.record?.release else { return nil }
        let layout = try StageLayout(root: root, deployment: state.stage)
        for depth in GitOpsRepository.historyDepths {
            let history = try await repository.history(of: head, record: layout.record, depth: depth)
            if let start = history.start(of: release) { return CapsuleFormat.timestamp(start) }
            if history.complete { return nil }
        }
        return nil
    }

    /// The newest review branch of every stage that has one whose content the stage branch does not hold yet: what waits for
    /// people to merge it.
    ///
    /// - Parameter held: what the stages hold, from ``states()``.
    /// - Throws: `GitError`, `CapsuleError`
    public func reviews(besides held: [StageState]) async throws -> [StageState] {
        var branches: [(stage: String, branch: BranchName, head: CommitID?)] = []
        for stage in configuration.stages where stage.review != .none {
            let prefix = configuration.reviewBranchPrefix(stage.name)
            for (branch, head) in repository.heads.branches where branch.description.hasPrefix(prefix) {
                branches.append((stage.name, branch, head))
            }
        }
        branches.sort { $0.branch.description < $1.branch.description }
        let open = try await reader.states(branches).filter { review in
            // A merged review is part of the stage's history, or its release is what the stage holds.
            guard let stage = held.first(where: { $0.stage == review.stage }), let record = review.record else {
                return false
            }
            return stage.record != record && review.commit?.parents.contains { $0 == stage.head } == true
        }
        return Dictionary(grouping: open, by: \.stage).values
            .compactMap { $0.max { ($0.committed ?? "") < ($1.committed ?? "") } }
            .sorted { $0.stage < $1.stage }
    }

    /// What every gate of a stage says about a release: `promote` asks them again, on the same terms.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    public func gates(
        of stage: Stage, for release: ReleaseRecord.Release, committed: Int64?, rollback: Rollback = .never
    ) async throws -> [GateResult] {
        let states = try await states([stage.name] + stage.after, heads: repository.heads)
        guard let held = states.first else { return [] }
        return try await keeper.ask(
            stage, about: release, committed: committed, rollback: rollback, held: held,
            upstream: Array(states.dropFirst()))
    }

    /// What promotions would do, without doing it.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    public func plan(_ requests: [PromotionRequest]) async throws -> [PromotionPlan] {
        try await plan(requests, heads: repository.heads)
    }

    /// The rendered files that the stage of a plan holds now, with paths below `deploy/`: the old side of a diff.
    ///
    /// - Throws: `GitError`
    public func currentFiles(_ plan: PromotionPlan) async throws -> [PackageFile] { try await files(plan.state) }

    /// The rendered files that a stage holds, with paths below `deploy/`.
    ///
    /// - Throws: `GitError`
    public func files(_ state: StageState) async throws -> [PackageFile] { try await reader.files([state])[0] }

    /// The rendered files that stages hold, read together, in the order of the stages.
    ///
    /// - Throws: `GitError`
    package func files(_ states: [StageState]) async throws -> [[PackageFile]] { try await reader.files(states) }

    private var keeper: GateKeeper {
        GateKeeper(snapshot: snapshot, root: root, ancestry: ancestry, now: options.now())
    }

    private func states(_ stages: [String], heads: GitOpsHeads) async throws -> [StageState] {
        let branches = try stages.map { stage in
            let branch = try configuration.stageBranch(stage)
            return (stage: stage, branch: branch, head: heads[branch])
        }
        return try await reader.states(branches)
    }

    func plan(_ requests: [PromotionRequest], heads: GitOpsHeads) async throws -> [PromotionPlan] {
        for request in requests { try check(request) }
        // Everything that any of the requests looks at is read together.
        let stages = Set(requests.flatMap { [$0.stage.name] + $0.stage.after }).sorted()
        var branches = try stages.map { stage in
            let branch = try configuration.stageBranch(stage)
            return (stage: stage, branch: branch, head: heads[branch])
        }
        let reviews = try requests.map { $0.stage.review == .none ? nil : try reviewBranch($0) }
        for (request, review) in zip(requests, reviews) {
            if let review { branches.append((request.stage.name, review, heads[review])) }
        }
        let states = try await reader.states(branches)
        let byBranch = Dictionary(states.map { ($0.branch, $0) }) { first, _ in first }
        func state(_ branch: BranchName) throws -> StageState {
            guard let state = byBranch[branch.description] else {
                throw GitError(.gitFailed, "branch \(branch) was not read")
            }
            return state
        }
        var plans: [PromotionPlan] = []
        for (request, review) in zip(requests, reviews) {
            let held = try state(configuration.stageBranch(request.stage.name))
            let upstream = try request.stage.after.map { try state(configuration.stageBranch($0)) }
            let gates =
                try await keeper.ask(
                    request.stage, about: request.content.release, committed: request.content.committed,
                    rollback: request.rollback, held: held, upstream: upstream) + request.evidence
            plans.append(
                try plan(request, held: held, review: review.map { ($0, try state($0)) }, gates: gates))
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
