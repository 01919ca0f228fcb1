internal import CapsuleReports
internal import DeliveryConfiguration
internal import GitOps
internal import OCI
internal import Promotion
internal import ReleaseWorkflows
internal import Support

extension Session {
    /// Promotes a release, prints the report, and returns the exit status for its outcome.
    ///
    /// - Parameters:
    ///   - source: a clone of the application's repository, if available.
    ///   - attester: attaches statements about the promotion.
    func promote(
        _ request: ReleasePromotion.Request, in workspace: GitOpsWorkspace, source: String?,
        attester: PromotionAttester?
    ) async throws -> ExitStatus {
        let promotion = ReleasePromotion(
            opener: opener, renderer: try renderer(), attester: attester,
            ancestry: source.map { CommitAncestry(git: git, repository: $0) },
            now: WallClock.system)
        let report = try await promotion.run(request, in: workspace, progress: { console.stage($0) })
        console.result(report, text: console.marked(report.text(color: console.coloursOutput)))
        guard report.ok else { return .rejected }
        guard let missing = report.stages.compactMap(\.statement).first(where: { $0.outcome == .missing }) else {
            return .ok
        }
        return missing.isUnauthorized ? .denied : .unavailable
    }
}
