public import DeliveryConfiguration

/// A release that is to go to a stage.
public struct PromotionRequest: Sendable {
    /// The stage.
    public var stage: Stage
    /// What it would hold.
    public var content: StageContent
    /// Whether an older release may replace a newer one.
    public var rollback: Rollback
    /// What the policy says about the release's evidence, which no change of a branch alters.
    public var evidence: [GateResult]

    /// Asks for a promotion.
    public init(stage: Stage, content: StageContent, rollback: Rollback = .never, evidence: [GateResult] = []) {
        self.stage = stage
        self.content = content
        self.rollback = rollback
        self.evidence = evidence
    }
}
