internal import CapsuleCore
package import CapsuleTrust
internal import GitOps
public import OCI
internal import Rendering
public import Signing
internal import Support

/// Attaches a signed statement to the capsule for each stage that holds it. The statements in the registry show which
/// stages took a release and which checks it passed.
public struct PromotionAttester: Sendable {
    /// The result of attesting one stage.
    public struct Report: Sendable, Codable {
        /// The outcomes.
        public enum Outcome: String, Sendable, Codable {
            /// The statement was attached.
            case added
            /// The statement was already attached.
            case present
            /// The statement could not be written. The stage holds the release nevertheless; a repeated promotion
            /// writes the statement.
            case missing
        }

        /// The outcome.
        public var outcome: Outcome
        /// The digest of the statement's manifest.
        public var attestation: Digest?
        /// The reason why the statement is missing.
        public var reason: String?
        /// True when the registry requires other credentials.
        public var isUnauthorized = false

        private enum CodingKeys: String, CodingKey { case outcome, attestation, reason }
    }

    private let key: SigningKey
    private let repository: Repository
    private let opener: any ContentOpener

    /// - Parameter repository: the repository that statements name; the capsule may be read from another one.
    public init(key: SigningKey, repository: Repository, opener: any ContentOpener) {
        self.key = key
        self.repository = repository
        self.opener = opener
    }

    /// Attests the promotions that have a receipt of success, and fills in their reports.
    ///
    /// The statement has the time of the commit, not of the attestation, so the same promotion gives the same
    /// statement, and a repeated promotion writes a statement that an interrupted run did not write.
    ///
    /// - Parameter notBefore: the time of the policy commit or of the release's commit, whichever is later. Whoever can
    ///   push to a stage branch can date a commit in the past; a statement with that date would open a soak gate early.
    /// - Throws: `CancellationError`
    package func attest(
        _ promotions: [StagePromotion], of capsule: VerifiedCapsule, checks: [String], notBefore: Int64 = 0
    ) async throws -> [StagePromotion] {
        var promotions = promotions
        let statements = promotions.map { promotion in
            promotion.receipt.flatMap { statement($0, capsule, checks: checks, notBefore: notBefore) }
        }
        let stated = promotions.indices.filter { statements[$0] != nil }
        guard !stated.isEmpty else { return promotions }
        do {
            let reference = try StoreReference(capsule.freight.capsule.repoURL)
            let store = try await opener.store(reference)
            guard let descriptor = try await store.resolve(capsule.freight.capsule.digest) else {
                throw OCIError(.notFound, "\(capsule.freight.capsule.digest) is no longer in \(reference)")
            }
            let written = try await ReleaseAttester(key: key, repository: repository)
                .attest(descriptor, statements.compactMap { $0?.predicate }, in: store)
            for (index, report) in zip(stated, written) {
                promotions[index].statement = Report(
                    outcome: report.outcome == .added ? .added : .present, attestation: report.attestation)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let isUnauthorized = (error as? OCIError)?.code == .unauthorized
            for index in stated {
                promotions[index].statement = Report(
                    outcome: .missing, reason: (error as? any Failure)?.description ?? error.message,
                    isUnauthorized: isUnauthorized)
            }
        }
        return promotions
    }

    private func statement(
        _ receipt: PromotionReceipt, _ capsule: VerifiedCapsule, checks: [String], notBefore: Int64
    ) -> PromotionStatement? {
        guard receipt.outcome.isSuccess, let time = receipt.committed.flatMap({ CapsuleFormat.seconds($0) }) else {
            return nil
        }
        let render = receipt.render
        return PromotionStatement(
            stage: receipt.stage, deployment: render.deployment, promotedAt: max(time, notBefore),
            freight: capsule.freight, witness: capsule.witness,
            gitops: .init(
                repository: render.gitops.repository, commit: render.gitops.commit,
                branch: receipt.review?.head ?? receipt.branch, stageCommit: receipt.commit),
            renderer: .init(name: render.renderer.name, version: render.renderer.version), rendered: render.digest,
            checks: checks + Set(receipt.gates.filter(\.ok).map(Self.name)).sorted(),
            outcome: receipt.outcome == .review ? .review : .promoted)
    }

    /// The name of a gate among the checks of a statement; an evidence gate has the name of its check.
    private static func name(_ gate: GateResult) -> String {
        gate.gate == .evidence ? gate.subject ?? "gate.evidence" : "gate.\(gate.gate.rawValue)"
    }
}
