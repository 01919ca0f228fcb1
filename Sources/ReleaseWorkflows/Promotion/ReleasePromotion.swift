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
        public var statement: PromotionAttester.Report?
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
    private let attester: PromotionAttester?

    /// - Parameters:
    ///   - attester: attaches a statement to the capsule for each stage that holds it; nil attaches none.
    ///   - ancestry: the application repository, when it is at hand, to tell older releases from newer ones.
    ///   - now: the time in seconds since 1970: the date of commits, and what soak times are measured by.
    public init(
        opener: any ContentOpener, renderer: Renderer, attester: PromotionAttester? = nil, ancestry: CommitAncestry?,
        now: @escaping @Sendable () -> Int64
    ) {
        self.attester = attester
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
        var promotions = try await compared(prepared)
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

    /// The promotions, with the differences between what the stages hold and what they would hold.
    private func compared(_ prepared: PreparedRelease) async throws -> [StagePromotion] {
        let branches = prepared.promoter.branches
        let held = try await branches.files(prepared.promotions.compactMap { $0.content == nil ? nil : $0.plan?.state })
        return prepared.promotions.map { promotion in
            var promotion = promotion
            if let content = promotion.content {
                promotion.diff = ManifestDiff.between(held[promotion.stage.name] ?? [], content.files)
            }
            return promotion
        }
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
        diff = promotion.diff
        receipt = promotion.receipt
        statement = promotion.statement
    }
}
