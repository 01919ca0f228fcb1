internal import CapsuleCore
internal import CapsuleTrust
package import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
package import GitOps
package import OCI
internal import Promotion
package import Rendering

/// Prepares a promotion up to the push, for `promote` and for pipelines that push on their own: verifies the release
/// once, evaluates the evidence requirements of each stage, renders for all stages in parallel, checks the proofs and
/// evaluates the gates.
package struct ReleasePreparation: Sendable {
    let verification: ReleaseVerification
    let render: ReleaseRender
    let ancestry: CommitAncestry?
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - ancestry: the application repository, if available, which determines which of two releases is older.
    ///   - now: the time in seconds since 1970, used as the date of commits and to measure soak times.
    package init(
        opener: any ContentOpener, renderer: Renderer, ancestry: CommitAncestry?, now: @escaping @Sendable () -> Int64
    ) {
        verification = ReleaseVerification(opener: opener)
        render = ReleaseRender(renderer: renderer)
        self.ancestry = ancestry
        self.now = now
    }

    /// Verifies, renders and plans, and pushes nothing.
    ///
    /// - Throws: `VerificationRejection` before anything is rendered; `CapsuleError.Code.notFound` for a stage or
    ///   deployment that does not exist; and the errors of registries, Git and the renderer.
    package func run(
        _ request: ReleasePromotion.Request, in workspace: GitOpsWorkspace,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> PreparedRelease {
        let stages = try request.stages.map { (name) throws(CapsuleError) in try workspace.configuration.stage(name) }
        // The policy is read before the verification: a policy that cannot be evaluated gives no verdict about the
        // release.
        let requirements = try await requirements(request, in: workspace)
        let head = try await PolicyHeadRules(workspace)
        progress("verifying \(request.verification.capsule)")
        let (capsule, report) = try await verification.verified(
            try await chain(
                request.verification.witnessed(by: workspace), request.stages.first.flatMap { requirements[$0] }, head))
        var promotions = stages.map { stage in
            var promotion = StagePromotion(
                ReleaseRecord.Release(capsule), to: stage, committed: capsule.committed, rollback: request.rollback,
                requirements: requirements[stage.name])
            promotion.images = ImagePin.all(of: capsule.pinnedRelease, repositories: false).pins
            promotion.evidence = promotion.requirements.map {
                StageEvidence($0, stage: stage.name, of: capsule, now: now())
            }
            promotion.attested =
                promotion.requirements.map { AttestedPromotions.all($0, of: capsule, now: now()) } ?? [:]
            return promotion
        }
        for index in promotions.indices {
            promotions[index].headGates =
                try await head?.closedGates(
                    for: promotions[index], of: capsule, request.verification, ancestry: ancestry, now: now()) ?? []
        }
        promotions = try await rendered(promotions, capsule, in: workspace, progress: progress)
        progress("evaluating the gates")
        let promoter = Promoter(
            branches: StageBranches(workspace), ancestry: ancestry, options: Promoter.Options(now: now))
        return PreparedRelease(
            capsule: capsule, report: report, snapshot: workspace.snapshot, promoter: promoter,
            promotions: try await promoter.plan(promotions))
    }

    /// Renders for the stages that do not lack evidence.
    private func rendered(
        _ promotions: [StagePromotion], _ capsule: VerifiedCapsule, in workspace: GitOpsWorkspace,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> [StagePromotion] {
        let names = promotions.filter { $0.evidence?.ok != false }.map(\.stage.name)
        let results = try await render.render(capsule, for: names, in: workspace) { progress("rendering \($0)") }
        let byStage = Dictionary(results.map { ($0.deployment.name, $0) }) { first, _ in first }
        return promotions.map { promotion in
            var promotion = promotion
            guard let result = byStage[promotion.stage.name] else { return promotion }
            switch result.outcome {
            case .success(let manifests):
                promotion.content = StageContent(capsule, manifests, for: result.deployment, policy: result.policy)
                promotion.warnings = manifests.warnings
            case .failure(let rejection): promotion.findings = rejection.findings
            }
            return promotion
        }
    }

    /// The requirements of the policy for each stage; empty without a policy.
    private func requirements(
        _ request: ReleasePromotion.Request, in workspace: GitOpsWorkspace
    ) async throws -> [String: EvidenceRequirements] {
        guard let policy = try await request.verification.policy(in: workspace) else { return [:] }
        let repository = try request.verification.evidenceRepository(workspace.configuration)
        let scope = try workspace.statementScope()
        let now = now()
        return try Dictionary(
            request.stages.map { (stage) throws(DocumentError) in
                (stage, try policy.requirements(for: stage, repository: repository, scope: scope, now: now))
            }
        ) { first, _ in first }
    }

    /// The verification that precedes all stages. It reads the evidence once. Keys that the policy revokes are not
    /// accepted for the requirements of the request either.
    private func chain(
        _ request: ReleaseVerification.Request, _ requirements: EvidenceRequirements?, _ head: PolicyHeadRules?
    ) async throws -> ReleaseVerification.Request {
        var request = request
        request.readsEvidence = request.readsEvidence || requirements != nil || head != nil
        request.evidence?.revokedKeys.formUnion(requirements?.revokedKeys ?? [])
        if request.policy == nil, let revoked = try await head?.revokedKeys() {
            request.evidence?.revokedKeys.formUnion(revoked)
        }
        return request
    }
}
