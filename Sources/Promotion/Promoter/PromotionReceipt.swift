public import CapsuleCore
internal import DeliveryConfiguration
internal import Support

/// What a promotion did to one stage.
public struct PromotionReceipt: Sendable, Codable {
    /// How it ended.
    public enum Outcome: String, Sendable, Codable {
        /// The stage branch holds the release.
        case promoted
        /// The stage branch held exactly this already.
        case unchanged
        /// The review branch holds the release and waits for people.
        case review
        /// A gate is shut.
        case refused
        /// The remote does not take the commit: a hook or a branch rule says no.
        case rejected
        /// Others moved the branch each time; nothing was done.
        case contended
    }

    /// What to open for a review.
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
    /// How it ended.
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
    /// How it was rendered.
    public let render: ReleaseRecord.Render
    /// The message of the commit that was made: what moved, and trailers for machines.
    public let message: String?
    /// What every gate said.
    public let gates: [GateResult]
    /// What to open.
    public let review: Review?
    /// Why not, when it was not promoted.
    public let reason: String?
    /// How many times it was planned; more than one means lost races.
    public let attempts: Int

    init(
        plan: PromotionPlan, outcome: Outcome, commit: CommitID?, committed: String? = nil, review: Review?,
        reason: String?, attempts: Int
    ) {
        schemaVersion = ReleaseManifest.currentSchema
        stage = plan.request.stage.name
        branch = plan.state.branch
        self.outcome = outcome
        self.commit = commit
        self.committed = committed
        previousCommit = plan.state.head
        release = plan.request.content.release
        previousRelease = plan.state.record?.release
        render = plan.request.content.render
        message = outcome == .promoted || outcome == .review ? StageCommitMessage.text(plan) : nil
        gates = plan.gates
        self.review = review
        self.reason = reason
        self.attempts = attempts
    }
}

extension PromotionReceipt.Outcome {
    /// Whether the stage, or its review branch, holds the release now.
    public var isSuccess: Bool {
        switch self {
        case .promoted, .unchanged, .review: true
        case .refused, .rejected, .contended: false
        }
    }
}
