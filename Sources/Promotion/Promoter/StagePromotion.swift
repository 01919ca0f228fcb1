package import CapsuleTrust
package import DeliveryConfiguration
package import Rendering
package import Support

/// The promotion of a release to one stage. Each step fills in its own results, so that they stay with the stage.
package struct StagePromotion: Sendable {
    package let stage: Stage
    /// The release.
    package let release: ReleaseRecord.Release
    /// The time of the release's commit, in seconds since 1970.
    package let committed: Int64?
    /// The condition for replacing a newer release.
    package let rollback: Rollback
    /// The requirements of the policy; nil without a policy.
    package let requirements: EvidenceRequirements?

    /// The signed statements about promotions of the release, by upstream stage, where the policy names its promoters.
    package var attested: [String: AttestedPromotions] = [:]
    /// The evaluation of those requirements; nil without a policy.
    package var evidence: StageEvidence?
    /// The gates of the policy head that are closed; empty when the policy commit is the head.
    package var headGates: [GateResult] = []
    /// The rendered content; nil before the render, and when the render is rejected or evidence is missing.
    package var content: StageContent?
    /// The reasons why the render was rejected.
    package var findings: [Finding] = []
    /// The values of the package or the policy that the render overrides.
    package var warnings: [Finding] = []
    /// The plan; nil before planning, and when the render was rejected.
    package var plan: PromotionPlan?
    /// The images that the render pins, for people.
    package var images: [ImagePin] = []
    /// The changes in the rendered manifests.
    package var diff: ManifestDiff?
    /// The receipt; nil before the push, and when there is no content to push.
    package var receipt: PromotionReceipt?
    /// The result of attesting it; nil when nothing is attested.
    package var statement: PromotionAttester.Report?

    package init(
        _ release: ReleaseRecord.Release, to stage: Stage, committed: Int64?, rollback: Rollback = .never,
        requirements: EvidenceRequirements? = nil, content: StageContent? = nil
    ) {
        self.release = release
        self.stage = stage
        self.committed = committed
        self.rollback = rollback
        self.requirements = requirements
        self.content = content
    }

    /// True when the render was rejected, so that there is nothing to plan.
    package var isRenderRejected: Bool { content == nil && evidence?.ok != false }

    /// True when the plan replaces the release that the stage holds by an older one.
    var isRollback: Bool {
        plan.map { GateResult.isRollback($0.gates) } == true
    }
}
