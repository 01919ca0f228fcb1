public import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps
internal import Support

/// The record of a promotion to one stage.
public struct PromotionReceipt: Sendable, Codable {
    /// The outcomes.
    public enum Outcome: String, Sendable, Codable {
        /// The stage branch holds the release.
        case promoted
        /// The stage branch held exactly this already.
        case unchanged
        /// The review branch holds the release and waits for people.
        case review
        /// A gate is closed.
        case refused
        /// The remote rejected the commit, for example by a hook or a branch rule.
        case rejected
        /// Others moved the branch each time; nothing was done.
        case contended
    }

    /// The branches of a review.
    public struct Review: Hashable, Sendable, Codable {
        /// The branch with the change.
        public let head: String
        /// The branch that it is to be merged into.
        public let base: String
        /// The page that opens a pull request, on hosts where we know it.
        public let url: String?
    }

    /// The schema.
    public let schemaVersion: String
    /// The stage.
    public let stage: String
    /// The stage branch.
    public let branch: String
    /// The outcome.
    public let outcome: Outcome
    /// The commit that the branch holds now.
    public let commit: CommitID?
    /// When that commit was made, RFC 3339.
    public let committed: String?
    /// The commit that it held before.
    public let previousCommit: CommitID?
    /// The release.
    public let release: ReleaseRecord.Release
    /// The release that the stage held before.
    public let previousRelease: ReleaseRecord.Release?
    /// The inputs and the digest of the render.
    public let render: ReleaseRecord.Render
    /// The message of the commit that was made: what moved, and trailers for machines.
    public let message: String?
    /// The results of all gates.
    public let gates: [GateResult]
    /// The review that waits for a merge.
    public let review: Review?
    /// Why it was not promoted.
    public let reason: String?
    /// The number of times that it was planned; more than one means lost races.
    public let attempts: Int

    private init(
        _ promotion: StagePromotion, _ plan: PromotionPlan, _ content: StageContent, _ outcome: Outcome,
        commit: CommitID?, committed: String? = nil, reason: String? = nil, attempts: Int,
        in repository: GitOpsRepository
    ) {
        schemaVersion = ReleaseManifest.currentSchema
        stage = promotion.stage.name
        branch = plan.state.branch
        self.outcome = outcome
        self.commit = commit
        self.committed = committed
        previousCommit = plan.state.head
        release = content.release
        previousRelease = plan.state.record?.release
        render = content.render
        message =
            outcome == .promoted || outcome == .review ? StageCommitMessage.text(content, promotion) : nil
        gates = plan.gates
        let head = plan.target.description
        review =
            outcome == .review
            ? Review(
                head: head, base: plan.state.branch,
                url: repository.remote.reviewPage(head: head, base: plan.state.branch)) : nil
        self.reason = reason
        self.attempts = attempts
    }
}

extension PromotionReceipt {
    /// The receipt of a promotion that needs no commit; nil for one that does.
    init?(_ promotion: StagePromotion, attempts: Int, in repository: GitOpsRepository) {
        guard let plan = promotion.plan, let content = promotion.content else { return nil }
        switch plan.change {
        case .commit: return nil
        case .refused:
            self.init(
                promotion, plan, content, .refused, commit: plan.state.head,
                reason: plan.gates.filter { !$0.ok }.map(\.description).joined(separator: "\n"), attempts: attempts,
                in: repository)
        case .awaitsReview:
            self.init(
                promotion, plan, content, .review, commit: plan.review?.head, committed: plan.review?.committed,
                attempts: attempts, in: repository)
        case .none:
            self.init(
                promotion, plan, content, .unchanged, commit: plan.state.head, committed: plan.state.committed,
                attempts: attempts, in: repository)
        }
    }

    /// The receipt of a promotion whose commit was pushed at a time; nil before the push.
    init?(_ commit: StageCommit, at time: Int64, attempts: Int, in repository: GitOpsRepository) {
        let (promotion, plan) = (commit.promotion, commit.plan)
        guard let content = promotion.content else { return nil }
        switch commit.outcome {
        case .landed(let id):
            self.init(
                promotion, plan, content, promotion.stage.review == .none ? .promoted : .review, commit: id,
                committed: CapsuleFormat.timestamp(time), attempts: attempts, in: repository)
        case .rejected(let reason):
            self.init(
                promotion, plan, content, .rejected, commit: plan.state.head,
                reason: "the remote rejected the commit on \(plan.target): \(reason)", attempts: attempts,
                in: repository)
        case .contended:
            self.init(
                promotion, plan, content, .contended, commit: plan.state.head,
                reason: "\(plan.target) was moved by others \(attempts) times in a row; run again",
                attempts: attempts, in: repository)
        case nil: return nil
        }
    }
}

extension PromotionReceipt.Outcome {
    /// True when the stage, or its review branch, holds the release now.
    public var isSuccess: Bool {
        switch self {
        case .promoted, .unchanged, .review: true
        case .refused, .rejected, .contended: false
        }
    }
}
