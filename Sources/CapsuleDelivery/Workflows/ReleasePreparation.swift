internal import CapsuleCore
internal import CapsuleTrust
public import OCI

/// Takes a release to the point where only the push is missing: verify once, render for each stage side by side, prove, ask
/// the gates. What `promote` begins with, and all that others need who push by themselves.
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
        progress("verifying \(request.verification.capsule)")
        let (capsule, report) = try await verification.verified(request.verification)
        let rendered = try await render.render(capsule, for: request.stages, in: workspace) {
            progress("rendering \($0)")
        }
        let promoter = Promoter(
            snapshot: workspace.snapshot, configuration: workspace.configuration, ancestry: ancestry,
            options: Promoter.Options(now: now))
        let requests = zip(stages, rendered).map { stage, result in
            result.outcome.map { manifests in
                PromotionRequest(
                    stage: stage,
                    content: StageContent(capsule, manifests, for: result.deployment, policy: result.policy),
                    rollback: request.rollback)
            }
        }
        progress("asking the gates")
        var plans = try await promoter.plan(requests.compactMap { try? $0.get() }).makeIterator()
        let prepared = zip(stages, requests).map { stage, request in
            switch request {
            case .failure(let rejection): PreparedStage(stage: stage, outcome: .refused(rejection.findings))
            case .success:
                plans.next().map { PreparedStage(stage: stage, outcome: .planned($0)) }
                    ?? PreparedStage(stage: stage, outcome: .refused([]))
            }
        }
        return PreparedRelease(
            capsule: capsule, report: report, snapshot: workspace.snapshot, promoter: promoter, stages: prepared)
    }
}
