internal import CapsuleCore
public import CapsuleTrust
public import DeliveryConfiguration
public import GitOps
public import OCI
public import Promotion
public import Rendering
public import Support

/// Promotes a release to stages: verifies and reads it once, renders for all stages in parallel, evaluates the gates,
/// commits and pushes.
public struct ReleasePromotion: Sendable {
    /// The release and the stages of a promotion.
    public struct Request: Sendable {
        /// The release.
        public var verification: ReleaseVerification.Request
        /// The stages.
        public var stages: [String]
        /// The condition for replacing a newer release.
        public var rollback: Rollback
        /// True to do everything except the push.
        public var dryRun: Bool

        /// Creates a request.
        public init(
            verification: ReleaseVerification.Request, stages: [String], rollback: Rollback = .never,
            dryRun: Bool = false
        ) {
            self.verification = verification
            self.stages = stages
            self.rollback = rollback
            self.dryRun = dryRun
        }
    }

    /// The result for one stage.
    public struct StageReport: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// True when the stage or its review branch holds the release; in a dry run, when a promotion would succeed.
        public var ok: Bool
        /// The planned change; nil when the render was rejected.
        public var change: PromotionPlan.Change?
        /// The results of all gates before the push.
        public var gates: [GateResult]
        /// The reasons why the render was rejected.
        public var findings: [Finding]
        /// The values of the package or the policy that the render overrides; nil when there is nothing.
        public var warnings: [Finding]?
        /// The changes in the rendered manifests.
        public var diff: ManifestDiff?
        /// The receipt; nil for a dry run.
        public var receipt: PromotionReceipt?
        /// The result of attesting it; nil when nothing was attested.
        public var statement: PromotionAttester.Report?
    }

    /// The results for all stages.
    public struct Report: Sendable, Codable {
        /// The version of this document.
        public var schemaVersion = CapsuleFormat.documentSchema
        /// True when every stage is ok.
        public var ok: Bool
        /// True when this was a dry run.
        public var dryRun: Bool
        /// The freight.
        public var freight: Freight
        /// The policy.
        public var gitops: ReleaseRecord.GitOps
        /// The stages, in the order of the request.
        public var stages: [StageReport]
    }

    private let preparation: ReleasePreparation
    private let attester: PromotionAttester?

    /// - Parameters:
    ///   - attester: attaches a statement to the capsule for each stage that holds it; nil attaches none.
    ///   - ancestry: the application repository, if available, which determines which of two releases is older.
    ///   - now: the time in seconds since 1970, used as the date of commits and to measure soak times.
    public init(
        opener: any ContentOpener, renderer: Renderer, attester: PromotionAttester? = nil, ancestry: CommitAncestry?,
        now: @escaping @Sendable () -> Int64
    ) {
        self.attester = attester
        preparation = ReleasePreparation(opener: opener, renderer: renderer, ancestry: ancestry, now: now)
    }

    /// Promotes, or reports the outcome that a promotion would have. The rejection of one stage does not affect the
    /// others.
    ///
    /// - Throws: `VerificationRejection` before anything is rendered; `CapsuleError.Code.notFound` for a stage or
    ///   deployment that does not exist; and the errors of registries, Git and the renderer.
    public func run(
        _ request: Request, in workspace: GitOpsWorkspace, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        var prepared = try await preparation.run(request, in: workspace, progress: progress)
        try await prepared.compare()
        var promotions = prepared.promotions
        if !request.dryRun {
            progress("pushing")
            promotions = try await prepared.promoter.promote(promotions)
        }
        if let attester, promotions.contains(where: { $0.receipt?.outcome.isSuccess == true }) {
            progress("attesting")
            promotions = try await prepared.attest(promotions, by: attester)
        }
        let reports = promotions.map { StageReport($0) }
        return Report(
            ok: reports.allSatisfy(\.ok), dryRun: request.dryRun, freight: prepared.capsule.freight,
            gitops: .init(
                repository: workspace.snapshot.repository.remote.description, commit: workspace.snapshot.commit.id),
            stages: reports)
    }
}

extension ReleasePromotion.StageReport {
    fileprivate init(_ promotion: StagePromotion) {
        stage = promotion.stage.name
        let change = promotion.plan?.change
        self.change = change
        ok = promotion.receipt?.outcome.isSuccess ?? (change != nil && change != .refused)
        gates = promotion.receipt?.gates ?? promotion.plan?.gates ?? []
        findings = promotion.findings
        warnings = promotion.warnings.isEmpty ? nil : promotion.warnings
        diff = promotion.diff
        receipt = promotion.receipt
        statement = promotion.statement
    }
}
