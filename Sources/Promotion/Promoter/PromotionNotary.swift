internal import CapsuleCore
package import CapsuleTrust
internal import GitOps
public import OCI
internal import Rendering
public import Signing

/// Leaves a signed statement beside the capsule for each stage that took it: the registry then says where a release is and
/// what let it in.
public struct PromotionNotary: Sendable {
    /// What became of the statement about one stage.
    public struct Report: Sendable, Codable {
        /// How it ended.
        public enum Outcome: String, Sendable, Codable {
            /// It was written.
            case added
            /// It was there already.
            case present
            /// It could not be written. The promotion stands; promoting again writes it.
            case missing
        }

        /// How it ended.
        public var outcome: Outcome
        /// The manifest that the statement stands in.
        public var attestation: Digest?
        /// Why it is missing.
        public var reason: String?
        /// Whether the place wants other credentials.
        public var isUnauthorized = false

        private enum CodingKeys: String, CodingKey { case outcome, attestation, reason }
    }

    private let key: SigningKey
    private let repository: Repository
    private let opener: any ContentOpener

    /// - Parameter repository: the repository that statements name, which need not be where the capsule was read.
    public init(key: SigningKey, repository: Repository, opener: any ContentOpener) {
        self.key = key
        self.repository = repository
        self.opener = opener
    }

    /// Attests what receipts say; nil for those that moved nothing.
    ///
    /// The statement says when the commit was made, not when it was attested: the same promotion gives the same statement,
    /// and one that a broken run left out is written by promoting again.
    ///
    /// - Throws: `CancellationError`
    package func attest(
        _ receipts: [PromotionReceipt], of capsule: VerifiedCapsule, checks: [String]
    ) async throws -> [Report?] {
        let statements = receipts.map { statement($0, capsule.freight, checks: checks) }
        do {
            let place = try Place(capsule.freight.capsule.repoURL)
            let store = try await opener.store(place)
            guard let descriptor = try await store.resolve(capsule.freight.capsule.digest) else {
                throw OCIError(.notFound, "\(capsule.freight.capsule.digest) is not in \(place) any more")
            }
            let written = try await ReleaseAttester(key: key, repository: repository)
                .attest(descriptor, statements.compactMap { $0?.predicate }, in: store)
            var rest = written[...]
            return statements.map { statement in
                guard statement != nil, let report = rest.popFirst() else { return nil }
                return Report(outcome: report.outcome == .added ? .added : .present, attestation: report.attestation)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let isUnauthorized = (error as? OCIError)?.code == .unauthorized
            return statements.map { statement in
                statement == nil
                    ? nil : Report(outcome: .missing, reason: "\(error)", isUnauthorized: isUnauthorized)
            }
        }
    }

    private func statement(
        _ receipt: PromotionReceipt, _ freight: Freight, checks: [String]
    ) -> PromotionStatement? {
        guard receipt.outcome.isSuccess, let time = receipt.committed.flatMap({ CapsuleFormat.seconds($0) }) else {
            return nil
        }
        let render = receipt.render
        return PromotionStatement(
            stage: receipt.stage, deployment: render.deployment, promotedAt: time, freight: freight,
            gitops: .init(
                repository: render.gitops.repository, commit: render.gitops.commit,
                branch: receipt.review?.head ?? receipt.branch, stageCommit: receipt.commit),
            renderer: .init(name: render.renderer.name, version: render.renderer.version), rendered: render.digest,
            checks: checks + Set(receipt.gates.filter(\.ok).map(Self.name)).sorted(),
            outcome: receipt.outcome == .review ? .review : .promoted)
    }

    /// A gate among checks; what the policy asked for goes by the name of its check.
    private static func name(_ gate: GateResult) -> String {
        gate.gate == .evidence ? gate.subject ?? "gate.evidence" : "gate.\(gate.gate.rawValue)"
    }
}
