internal import CapsuleCore
internal import CapsuleTrust
public import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
public import GitOps
public import OCI
internal import Promotion
public import Rendering

/// Takes a release to the point where only the push is missing: verify once, ask each stage's policy for evidence, render for
/// each side by side, prove, ask the gates. What `promote` begins with, and all that others need who push by themselves.
public struct ReleasePreparation: Sendable {
    let verification: ReleaseVerification
    let render: ReleaseRender
    let ancestry: CommitAncestry?
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - ancestry: the application repository, when it is at hand, to tell older releases from newer ones.
    ///   - now: the time in seconds since 1970: the date of commits, and what soak times are measured by.
    public init(
        opener: any ContentOpener, renderer: Renderer, ancestry: CommitAncestry?, now: @escaping @Sendable () -> Int64
    ) {
        verification = ReleaseVerification(opener: opener)
        render = ReleaseRender(renderer: renderer)
        self.ancestry = ancestry
        self.now = now
    }

    /// Verifies, renders and plans, and pushes nothing.
    ///
    /// - Throws: `VerificationRejection` before anything is rendered; `CapsuleError.Code.notFound` for a stage or deployment
    ///   that is not there; what registries, Git and the renderer throw.
    public func run(
        _ request: ReleasePromotion.Request, in workspace: GitOpsWorkspace,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> PreparedRelease {
        let stages = try request.stages.map { (name) throws(CapsuleError) in try workspace.configuration.stage(name) }
        // What each stage asks is known before anything is looked at: a policy that cannot hold is no verdict.
        let demands = try await demands(request, in: workspace)
        progress("verifying \(request.verification.capsule)")
        let (capsule, report) = try await verification.verified(chain(request.verification, demands))
        let evidence = demands.map { stage, demand in StageEvidence(demand, stage: stage, of: capsule, now: now()) }
        let unproven = Set(evidence.filter { !$0.ok }.compactMap(\.stage))
        let admitted = stages.filter { !unproven.contains($0.name) }
        let rendered = try await render.render(capsule, for: admitted.map(\.name), in: workspace) {
            progress("rendering \($0)")
        }
        let branches = StageBranches(workspace)
        let promoter = Promoter(branches: branches, ancestry: ancestry, options: Promoter.Options(now: now))
        let requests = zip(admitted, rendered).map { stage, result in
            result.outcome.map { manifests in
                PromotionRequest(
                    stage: stage,
                    content: StageContent(capsule, manifests, for: result.deployment, policy: result.policy),
                    rollback: request.rollback,
                    evidence: evidence.first { $0.stage == stage.name }?.gates ?? [])
            }
        }
        progress("asking the gates")
        var plans = try await promoter.plan(requests.compactMap { try? $0.get() }).makeIterator()
        var answers = requests.makeIterator()
        var prepared: [PreparedStage] = []
        for stage in stages {
            let own = evidence.first { $0.stage == stage.name }
            let outcome: PreparedStage.Outcome
            if let own, !own.ok {
                let gates = PromotionGates(branches: branches, ancestry: ancestry, now: now())
                let results = try await gates.results(
                    for: ReleaseRecord.Release(capsule), to: stage, committed: capsule.committed,
                    rollback: request.rollback)
                outcome = .unproven(results + own.gates)
            } else if case .failure(let rejection)? = answers.next() {
                outcome = .refused(rejection.findings)
            } else {
                outcome = plans.next().map { .planned($0) } ?? .refused([])
            }
            prepared.append(PreparedStage(stage: stage, outcome: outcome, evidence: own))
        }
        return PreparedRelease(
            capsule: capsule, report: report, snapshot: workspace.snapshot, promoter: promoter, stages: prepared)
    }

    /// What the policy asks for each stage; empty without a policy.
    private func demands(
        _ request: ReleasePromotion.Request, in workspace: GitOpsWorkspace
    ) async throws -> [(stage: String, demand: EvidenceRequirements)] {
        guard let policy = try await request.verification.policy(in: workspace) else { return [] }
        let repository = try request.verification.evidenceRepository(workspace.configuration)
        let now = now()
        return try request.stages.map { (stage) throws(DocumentError) in
            (stage, try policy.requirements(for: stage, repository: repository, now: now))
        }
    }

    /// The verification that comes before all stages. The evidence is read with it, once; a key that the policy takes back
    /// counts in nothing that is asked beside the policy either.
    private func chain(
        _ request: ReleaseVerification.Request, _ demands: [(stage: String, demand: EvidenceRequirements)]
    ) -> ReleaseVerification.Request {
        guard let demand = demands.first?.demand else { return request }
        var request = request
        request.readsEvidence = true
        request.evidence?.revokedKeys.formUnion(demand.revokedKeys)
        return request
    }
}
