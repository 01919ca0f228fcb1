package import CapsuleCore
internal import CapsuleTrust
package import DeliveryConfiguration
internal import GitOps
package import OCI
package import Promotion
package import Rendering
internal import Support

/// Attests that a stage holds a release, for a pipeline that pushed without `promote`. The release is verified,
/// rendered and proven as for a promotion, and the stage branch must hold it. Nothing is pushed to Git.
package struct StageAttestation: Sendable {
    /// The outcomes.
    package enum Outcome: Sendable {
        /// The stage holds the release at this commit, with the result of attesting it.
        case holds(CommitID, PromotionAttester.Report)
        /// The stage branch holds other content, for example because the push has not arrived.
        case holdsOther(String)
        /// A gate or the commit rejects the release.
        case refused(String)
    }

    private let preparation: ReleasePreparation
    private let attester: PromotionAttester
    private let now: @Sendable () -> Int64

    /// - Parameter now: the time in seconds since 1970.
    package init(
        opener: any ContentOpener, renderer: Renderer, attester: PromotionAttester, now: @escaping @Sendable () -> Int64
    ) {
        self.attester = attester
        self.now = now
        preparation = ReleasePreparation(opener: opener, renderer: renderer, ancestry: nil, now: now)
    }

    /// Attests one stage, unless it is attested already.
    ///
    /// - Parameter workspace: the policy that the stage was rendered with. The head of the policy branch is evaluated
    ///   as well.
    /// - Throws: `VerificationRejection` before anything is rendered; `CapsuleError.Code.notFound` for a stage or
    ///   deployment that does not exist; and the errors of registries, Git and the renderer.
    package func run(
        _ verification: ReleaseVerification.Request, stage: String, in workspace: GitOpsWorkspace
    ) async throws -> Outcome {
        // The stage holds the release already, so it is not older than what the stage holds.
        let request = ReleasePromotion.Request(verification: verification, stages: [stage], rollback: .held)
        let prepared = try await preparation.run(request, in: workspace)
        guard let promotion = try await promotion(prepared) else {
            throw CapsuleError(.notFound, "stage \(stage) was not prepared")
        }
        guard let plan = promotion.plan, let content = promotion.content, plan.change != .refused else {
            return .refused(Self.reason(promotion.plan?.gates ?? [], promotion.findings))
        }
        guard plan.change == .none, let commit = plan.state.commit else {
            return .holdsOther(
                "\(plan.state.branch) does not hold this release as policy \(workspace.snapshot.commit.id.short) renders it"
            )
        }
        if let reason = try await objection(promotion, content, commit, prepared, verification, in: workspace) {
            return .refused(reason)
        }
        // Unchanged, so the receipt describes the commit that is there, and nothing is pushed.
        let promoted = try await prepared.promoter.promote([promotion])
        guard let statement = try await prepared.attest(promoted, by: attester).first?.statement else {
            return .refused("nothing can be attested about \(plan.state.branch)")
        }
        return .holds(commit.id, statement)
    }

    /// The promotion of the stage. A stage that holds the same files, rendered by another version of the renderer,
    /// holds the release.
    private func promotion(_ prepared: PreparedRelease) async throws -> StagePromotion? {
        guard var promotion = prepared.promotions.first, let plan = promotion.plan, plan.change == .commit,
            let recorded = plan.state.record?.render?.renderer
        else { return prepared.promotions.first }
        promotion.content?.render.renderer = recorded
        return try await prepared.promoter.plan([promotion]).first
    }

    /// The reason to reject the commit that brought the release to the branch; nil when there is none.
    private func objection(
        _ promotion: StagePromotion, _ content: StageContent, _ commit: GitCommitObject, _ prepared: PreparedRelease,
        _ verification: ReleaseVerification.Request, in workspace: GitOpsWorkspace
    ) async throws -> String? {
        guard let state = promotion.plan?.state else { return nil }
        let policy = workspace.snapshot.commit
        // The newest statement about a stage counts: one that is dated in the future would remain the newest.
        guard commit.committed <= now().addingClamped(ReleaseEvidence.clockSkew) else {
            return "the commit \(commit.id.short) of \(state.branch) is dated "
                + "\(CapsuleFormat.timestamp(commit.committed)), which is in the future"
        }
        if let held = state.hydrator,
            !held.fits(content, policy: policy, configuration: workspace.configuration)
        {
            return "\(HydratorMetadata.fileName) on \(state.branch) is not what a promotion writes"
        }
        // Gates are evaluated for the time of the commit. A caller that names an earlier policy must not avoid the
        // current one.
        var closed = try await PromotionGates(
            branches: StageBranches(workspace), ancestry: nil, now: commit.committed
        ).results(
            for: content.release, to: promotion.stage, committed: content.committed, rollback: .held,
            attested: promotion.attested)
        closed +=
            try await PolicyHeadRules(workspace)?.closedGates(
                for: promotion, of: prepared.capsule, verification, ancestry: nil, checksEvidence: false,
                now: commit.committed) ?? []
        guard closed.contains(where: { !$0.ok }) else { return nil }
        return "at the time of the commit, by policy \(policy.id.short): " + Self.reason(closed, [])
    }

    private static func reason(_ gates: [GateResult], _ findings: [Finding]) -> String {
        (gates.filter { !$0.ok }.map(\.description) + findings.map(\.description)).joined(separator: "; ")
    }
}
