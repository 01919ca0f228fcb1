public import CapsuleCore
public import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
public import GitOps
public import Promotion
public import Rendering
internal import Support

/// A verified release, rendered and planned for stages.
public struct PreparedRelease: Sendable {
    /// The release.
    public let capsule: VerifiedCapsule
    /// What its verification found.
    public let report: VerificationReport
    /// The policy that it was rendered with.
    public let snapshot: GitOpsSnapshot

    let promoter: Promoter
    let stages: [PreparedStage]

    /// The plans of the stages whose render was not refused, in the order they were asked for.
    var plans: [PromotionPlan] {
        stages.compactMap { if case .planned(let plan) = $0.outcome { plan } else { nil } }
    }

    /// What the policy says about the release's evidence for a stage; nil without a policy.
    public func evidence(_ stage: String) -> StageEvidence? { stages.first { $0.stage.name == stage }?.evidence }

    /// The deployment that a stage was rendered for; nil when its render was refused.
    ///
    /// - Throws: `CapsuleError`
    public func deployment(_ stage: String) throws(CapsuleError) -> Deployment? {
        guard let render = plans.first(where: { $0.request.stage.name == stage })?.request.content.render else {
            return nil
        }
        return try Deployment(name: render.deployment, envType: render.envType, namespace: render.namespace)
    }

    /// Leaves statements beside the capsule about what became of it; nil where nothing is stated.
    func attest(
        _ receipts: [PromotionReceipt], by notary: PromotionNotary
    ) async throws -> [PromotionNotary.Report?] {
        try await notary.attest(receipts, of: capsule, checks: report.checks.filter { $0.status == .pass }.map(\.id))
    }

    /// What a promotion would put on each stage, for whoever writes it by other means, in the order they were asked for.
    ///
    /// - Throws: `CapsuleError`
    public func documents() throws -> [StagePreparation] {
        try stages.map { stage in
            switch stage.outcome {
            case .refused(let findings): StagePreparation(stage: stage.stage.name, findings: findings)
            case .unproven(let gates): StagePreparation(stage: stage.stage.name, gates: gates)
            case .planned(let plan): try StagePreparation(plan, of: capsule, policy: snapshot.commit)
            }
        }
    }
}

/// One stage of a prepared release.
struct PreparedStage: Sendable {
    enum Outcome: Sendable {
        /// Evidence that its policy asks for is not there: nothing was rendered. What all its gates say.
        case unproven([GateResult])
        /// The scan or a proof says no.
        case refused([Finding])
        /// It is rendered and proven; this is what there is to do.
        case planned(PromotionPlan)
    }

    let stage: Stage
    let outcome: Outcome
    /// What the policy says about the release's evidence; nil without a policy.
    var evidence: StageEvidence?
}
