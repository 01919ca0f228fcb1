public import CapsuleCore
internal import CapsuleTrust
public import DeliveryConfiguration
internal import GitOps
public import OCI
public import Promotion
public import Rendering
internal import Support

/// Says beside the capsule that a stage holds a release, for whoever pushed by other means than `promote`: the release is
/// verified, rendered and proven as for a promotion, and must be what the stage branch holds. Nothing is pushed to Git.
public struct StageAttestation: Sendable {
    /// What became of it.
    public enum Outcome: Sendable {
        /// The stage holds the release at this commit; what became of the statement.
        case holds(CommitID, PromotionAttester.Report)
        /// The stage branch holds something else, or does so still.
        case holdsOther(String)
        /// The release may not be there, or not since then.
        case refused(String)
    }

    private let preparation: ReleasePreparation
    private let attester: PromotionAttester
    private let now: @Sendable () -> Int64

    /// - Parameter now: the time in seconds since 1970.
    public init(
        opener: any ContentOpener, renderer: Renderer, attester: PromotionAttester, now: @escaping @Sendable () -> Int64
    ) {
        self.attester = attester
        self.now = now
        preparation = ReleasePreparation(opener: opener, renderer: renderer, ancestry: nil, now: now)
    }

    /// Writes the statement about one stage, where it is not there yet.
    ///
    /// - Parameter workspace: the policy that the stage was rendered with. What its branch says today is asked as well.
    /// - Throws: `VerificationRejection` before anything is rendered; `CapsuleError.Code.notFound` for a stage or deployment
    ///   that is not there; what registries, Git and the renderer throw.
    public func run(
        _ verification: ReleaseVerification.Request, stage: String, in workspace: GitOpsWorkspace
    ) async throws -> Outcome {
        // What the stage holds is no older than what it holds: going back needs no leave any more.
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
        if let reason = try await objection(promotion, content, plan.state, commit, in: workspace) {
            return .refused(reason)
        }
        // Unchanged, so the receipt describes the commit that is there, and nothing is pushed.
        let promoted = try await prepared.promoter.promote([promotion])
        guard let statement = try await prepared.attest(promoted, by: attester).first?.statement else {
            return .refused("nothing can be attested about \(plan.state.branch)")
        }
        return .holds(commit.id, statement)
    }

    /// The promotion of the stage. A stage whose files are the same, and were rendered by another version of the renderer,
    /// holds the release.
    private func promotion(_ prepared: PreparedRelease) async throws -> StagePromotion? {
        guard var promotion = prepared.promotions.first, let plan = promotion.plan, plan.change == .commit,
            let recorded = plan.state.record?.render?.renderer
        else { return prepared.promotions.first }
        promotion.content?.render.renderer = recorded
        return try await prepared.promoter.plan([promotion]).first
    }

    /// What speaks against the commit that brought the release, though the release is what the branch holds.
    private func objection(
        _ promotion: StagePromotion, _ content: StageContent, _ state: StageState, _ commit: GitCommitObject,
        in workspace: GitOpsWorkspace
    ) async throws -> String? {
        // The newest statement about a stage counts: one from the future would count for ever.
        guard commit.committed <= now() + ReleaseEvidence.clockSkew else {
            return "\(state.branch) says that its commit \(commit.id.short) is made at "
                + "\(CapsuleFormat.timestamp(commit.committed)), which is yet to come"
        }
        let policy = workspace.snapshot.commit
        if let held = state.hydrator,
            !held.fits(content, policy: policy, configuration: workspace.configuration)
        {
            return "\(HydratorMetadata.fileName) on \(state.branch) is not what a promotion writes"
        }
        // Gates let a release in when it comes, not when somebody asks; and who may name an earlier commit must not choose among
        // the rules that have held.
        for place in [workspace, try await workspace.later()].compactMap({ $0 }) {
            let gates = PromotionGates(branches: StageBranches(place), ancestry: nil, now: commit.committed)
            let closed = try await gates.results(
                for: content.release, to: place.configuration.stage(promotion.stage.name),
                committed: content.committed, rollback: .held
            ).filter { !$0.ok }
            guard closed.isEmpty else {
                return "by policy \(place.snapshot.commit.id.short): " + Self.reason(closed, [])
            }
        }
        return nil
    }

    private static func reason(_ gates: [GateResult], _ findings: [Finding]) -> String {
        (gates.filter { !$0.ok }.map(\.description) + findings.map(\.description)).joined(separator: "; ")
    }
}
