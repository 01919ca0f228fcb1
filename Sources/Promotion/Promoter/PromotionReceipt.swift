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
        /// The stage branch already held exactly this content.
        case unchanged
        /// The review branch holds the release and is not merged yet.
        case review
        /// A gate is closed.
        case refused
        /// The remote rejected the commit, for example by a hook or a branch rule.
        case rejected
        /// Other writers moved the branch at each attempt; nothing was pushed.
        case contended
    }

    /// The branches of a review.
    public struct Review: Hashable, Sendable, Codable {
        /// The branch that contains the change.
        public let head: String
        /// The branch to merge it into.
        public let base: String
        /// The URL of the page that opens a pull request; nil for hosts whose pages are not known.
        public let url: String?
        /// The title of the pull request; nil in receipts of earlier versions.
        public let title: String?
        /// The body of the pull request, in Markdown; nil in receipts of earlier versions.
        public let body: String?

        /// Names the branches.
        package init(head: String, base: String, url: String?, title: String? = nil, body: String? = nil) {
            self.head = head
            self.base = base
            self.url = url
            self.title = title
            self.body = body
        }
    }

    /// The schema.
    public let schemaVersion: String
    /// The stage.
    public let stage: String
    /// The stage branch.
    public let branch: String
    /// The outcome.
    public let outcome: Outcome
    /// The current commit of the branch.
    public let commit: CommitID?
    /// The time of that commit, RFC 3339.
    public let committed: String?
    /// The previous commit of the branch.
    public let previousCommit: CommitID?
    /// The release.
    public let release: ReleaseRecord.Release
    /// The previous release of the stage.
    public let previousRelease: ReleaseRecord.Release?
    /// The inputs and the digest of the render.
    public let render: ReleaseRecord.Render
    /// The message of the new commit: a summary of the change, and trailers for machines.
    public let message: String?
    /// The results of all gates.
    public let gates: [GateResult]
    /// The review that is not merged yet.
    public let review: Review?
    /// The reason why the release was not promoted.
    public let reason: String?
    /// The number of times that the promotion was planned; more than one when other writers were faster.
    public let attempts: Int

    private init(
        _ promotion: StagePromotion, _ plan: PromotionPlan, _ content: StageContent, _ outcome: Outcome,
        commit: CommitID?, committed: String? = nil, reason: String? = nil, attempts: Int,
        in repository: GitOpsRepository
    ) {
        schemaVersion = CapsuleFormat.documentSchema
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
        if outcome == .review {
            let head = plan.target.description
            let text = ReviewText(promotion, plan, content, gitops: repository.remote)
            review = Review(
                head: head, base: plan.state.branch,
                url: repository.remote.reviewPage(head: head, base: plan.state.branch), title: text.title,
                body: text.body)
        } else {
            review = nil
        }
        self.reason = reason
        self.attempts = attempts
    }
}

extension PromotionReceipt {
    /// The receipt of a promotion that requires no commit; nil for one that does.
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
    /// True when the stage or its review branch holds the release.
    public var isSuccess: Bool {
        switch self {
        case .promoted, .unchanged, .review: true
        case .refused, .rejected, .contended: false
        }
    }
}
