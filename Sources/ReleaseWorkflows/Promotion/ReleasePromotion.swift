internal import CapsuleCore
public import CapsuleTrust
public import DeliveryConfiguration
public import GitOps
public import OCI
public import Promotion
public import Rendering
public import Support

/// Takes a release to stages: verify once, pull once, render for each side by side, ask the gates, commit and push.
public struct ReleasePromotion: Sendable {
    /// What to promote.
    public struct Request: Sendable {
        /// The release.
        public var verification: ReleaseVerification.Request
        /// The stages.
        public var stages: [String]
        /// Whether an older release may replace a newer one.
        public var rollback: Rollback
        /// Whether everything but the push happens.
        public var dryRun: Bool

        /// Asks for a promotion.
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

    /// What became of one stage.
    public struct StageReport: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// Whether the stage holds the release now, or its review branch does; for a dry run, whether it could.
        public var ok: Bool
        /// What there was to do; nil when the render was refused.
        public var change: PromotionPlan.Change?
        /// What every gate said before the push.
        public var gates: [GateResult]
        /// Why the render was refused.
        public var findings: [Finding]
        /// What changes in the rendered manifests.
        public var diff: ManifestDiff?
        /// What was done; nil for a dry run.
        public var receipt: PromotionReceipt?
        /// What became of the statement about it; nil where none is left.
        public var statement: PromotionNotary.Report?
    }

    /// What became of all of them.
    public struct Report: Sendable, Codable {
        /// The version of this document.
        public var schemaVersion = ReleaseManifest.currentSchema
        /// Whether every stage is ok.
        public var ok: Bool
        /// Whether nothing was pushed on purpose.
        public var dryRun: Bool
        /// What was promoted.
        public var freight: Freight
        /// The policy.
        public var gitops: ReleaseRecord.GitOps
        /// The stages, in the order they were asked for.
        public var stages: [StageReport]
    }

    private let preparation: ReleasePreparation
    private let notary: PromotionNotary?

    /// - Parameters:
    ///   - notary: leaves a statement beside the capsule for each stage that took it; nil leaves none.
    ///   - ancestry: the application repository, when it is at hand, to tell older releases from newer ones.
    ///   - now: the time in seconds since 1970: the date of commits, and what soak times are measured by.
    public init(
        opener: any ContentOpener, renderer: Renderer, notary: PromotionNotary? = nil, ancestry: CommitAncestry?,
        now: @escaping @Sendable () -> Int64
    ) {
        self.notary = notary
        preparation = ReleasePreparation(opener: opener, renderer: renderer, ancestry: ancestry, now: now)
    }

    /// Promotes, or says what a promotion would do. A stage that is refused does not keep the others back.
    ///
    /// - Throws: `VerificationRejection` before anything is rendered; `CapsuleError.Code.notFound` for a stage or deployment
    ///   that is not there; what registries, Git and the renderer throw.
    public func run(
        _ request: Request, in workspace: GitOpsWorkspace, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Report {
        let prepared = try await preparation.run(request, in: workspace, progress: progress)
        let promoter = prepared.promoter
        let plans = prepared.plans
        let held = try await promoter.branches.files(plans.map(\.state))
        let diffs = zip(held, plans).map { held, plan in ManifestDiff.between(held, plan.files) }
        var receipts: [PromotionReceipt] = []
        if !request.dryRun {
            progress("pushing")
            receipts = try await promoter.promote(plans.map(\.request), planned: plans)
        }
        var statements: [PromotionNotary.Report?] = receipts.map { _ in nil }
        if let notary, receipts.contains(where: \.outcome.isSuccess) {
            progress("attesting")
            statements = try await prepared.attest(receipts, by: notary)
        }
        var reports: [StageReport] = []
        var index = 0
        for stage in prepared.stages {
            switch stage.outcome {
            case .refused(let findings):
                reports.append(StageReport(stage: stage.stage.name, ok: false, gates: [], findings: findings))
            case .unproven(let gates):
                reports.append(
                    StageReport(stage: stage.stage.name, ok: false, change: .refused, gates: gates, findings: []))
            case .planned(let plan):
                let receipt = request.dryRun ? nil : receipts[index]
                reports.append(
                    StageReport(
                        stage: stage.stage.name, ok: receipt?.outcome.isSuccess ?? (plan.change != .refused),
                        change: plan.change, gates: receipt?.gates ?? plan.gates, findings: [], diff: diffs[index],
                        receipt: receipt, statement: request.dryRun ? nil : statements[index]))
                index += 1
            }
        }
        return Report(
            ok: reports.allSatisfy(\.ok), dryRun: request.dryRun, freight: prepared.capsule.freight,
            gitops: .init(
                repository: workspace.snapshot.repository.remote.description, commit: workspace.snapshot.commit.id),
            stages: reports)
    }
}
