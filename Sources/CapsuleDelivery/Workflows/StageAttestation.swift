public import CapsuleCore
internal import CapsuleTrust
public import OCI

/// Says beside the capsule that a stage holds a release, for whoever pushed by other means than `promote`: the release is
/// verified, rendered and proven as for a promotion, and must be what the stage branch holds. Nothing is pushed to Git.
public struct StageAttestation: Sendable {
    /// What became of it.
    public struct Report: Sendable, Codable {
        /// The stage.
        public var stage: String
        /// Whether the stage holds the release, and a statement says so.
        public var ok: Bool
        /// The commit of the stage branch; nil when there is nothing to state.
        public var commit: CommitID?
        /// Why there is no statement.
        public var reason: String?
        /// What became of the statement; nil when there is nothing to state.
        public var statement: PromotionNotary.Report?
    }

    private let preparation: ReleasePreparation
    private let notary: PromotionNotary

    /// - Parameter now: the time in seconds since 1970, which soak times are measured by.
    public init(
        opener: any ContentOpener, renderer: Renderer, notary: PromotionNotary, now: @escaping @Sendable () -> Int64
    ) {
        self.notary = notary
        preparation = ReleasePreparation(opener: opener, renderer: renderer, ancestry: nil, now: now)
    }

    /// Writes the statement about one stage, where it is not there yet.
    ///
    /// - Throws: `VerificationRejection` before anything is rendered; `CapsuleError.Code.notFound` for a stage or deployment
    ///   that is not there; what registries, Git and the renderer throw.
    public func run(
        _ verification: ReleaseVerification.Request, stage: String, in workspace: GitOpsWorkspace
    ) async throws -> Report {
        // What the stage holds is no older than what it holds: going back needs no leave any more.
        let request = ReleasePromotion.Request(verification: verification, stages: [stage], rollback: .held)
        let prepared = try await preparation.run(request, in: workspace)
        guard let plan = prepared.plans.first, plan.change == .none else {
            return Report(stage: stage, ok: false, reason: try Self.reason(prepared))
        }
        // Unchanged, so the receipt says what is there, and nothing is pushed.
        let receipts = try await prepared.promoter.promote([plan.request], planned: [plan])
        let statement = try await prepared.attest(receipts, by: notary).first ?? nil
        return Report(
            stage: stage, ok: statement.map { $0.outcome != .missing } ?? false, commit: plan.state.head,
            reason: statement?.reason, statement: statement)
    }

    /// Why there is nothing to state.
    private static func reason(_ prepared: PreparedRelease) throws -> String {
        guard let document = try prepared.documents().first else { return "nothing was prepared" }
        let why = document.gates.filter { !$0.ok }.map(\.description) + document.findings.map(\.description)
        guard why.isEmpty else { return why.joined(separator: "; ") }
        return "\(document.branch ?? "the stage branch") does not hold this release as policy "
            + "\(prepared.snapshot.commit.id.short) renders it; promote it first"
    }
}
