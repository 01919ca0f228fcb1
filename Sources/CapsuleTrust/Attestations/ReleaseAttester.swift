internal import CapsuleCore
internal import Documents
public import OCI
public import Signing

/// Attests things about capsules: writes Sigstore bundles that refer to them.
public struct ReleaseAttester: Sendable {
    /// What became of an attestation.
    public enum Outcome: String, Sendable, Codable {
        /// It was written.
        case added
        /// This key has attested exactly this already.
        case present
    }

    /// What was done.
    public struct Report: Sendable, Codable {
        /// The capsule.
        public var digest: Digest
        /// The repository that the attestation is for.
        public var repository: Repository
        /// The fingerprint of the key.
        public var key: Digest
        /// What kind of statement it is.
        public var predicateType: String
        /// The manifest that the bundle stands in.
        public var attestation: Digest
        /// What became of it.
        public var outcome: Outcome
    }

    private let key: SigningKey
    private let repository: Repository
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - repository: the repository that the attestations are for, which need not be where they are written.
    ///   - pause: waits, where other writers are in the way.
    public init(
        key: SigningKey, repository: Repository,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.key = key
        self.repository = repository
        self.pause = pause
    }

    /// Attests something about a capsule that is in `store`. What this key has attested word for word already is left as
    /// it is, so a run that was broken off is completed by running it again.
    ///
    /// - Throws: `SigningError`, `CapsuleError.Code.limitExceeded`, and what the place throws.
    @discardableResult
    public func attest(_ capsule: Descriptor, _ predicate: AttestationPredicate, in store: any ContentStore)
        async throws -> Report
    {
        try await attest(capsule, [predicate], in: store)[0]
    }

    /// Attests several things about a capsule.
    ///
    /// - Throws: as `attest(_:_:in:)` does.
    @discardableResult
    public func attest(_ capsule: Descriptor, _ predicates: [AttestationPredicate], in store: any ContentStore)
        async throws -> [Report]
    {
        try await attest(
            capsule, predicates, in: store, present: ReleaseEvidence.gather(capsule.digest, in: store))
    }

    /// Attests several things about a capsule whose attached evidence was read a moment ago.
    ///
    /// - Throws: as `attest(_:_:in:)` does.
    package func attest(
        _ capsule: Descriptor, _ predicates: [AttestationPredicate], in store: any ContentStore,
        present evidence: ReleaseEvidence
    ) async throws -> [Report] {
        let statements = predicates.map { SignatureFormat.statement(capsule.digest, repository: repository, $0) }
        for statement in statements where Int64(SigstoreBundle.size(of: statement.count)) > EvidenceLimits.envelope {
            throw CapsuleError(
                .limitExceeded,
                "the statement has \(statement.count) bytes; its bundle would have more than the \(EvidenceLimits.envelope) that are read"
            )
        }
        var reports: [Report] = []
        for (predicate, statement) in zip(predicates, statements) {
            var report = Report(
                digest: capsule.digest, repository: repository, key: key.verificationKey.fingerprint,
                predicateType: predicate.type, attestation: capsule.digest, outcome: .present)
            let same = evidence.pieces.first { piece in
                piece.form == .bundle && piece.payload == statement
                    && (try? piece.signer(among: [key.verificationKey], revoked: [])) != nil
            }
            if let same {
                report.attestation = same.manifest
            } else {
                report.attestation = try await SigstoreBundle.attach(
                    statement, type: predicate.type, signedBy: key, to: capsule, in: store,
                    pause: pause)
                report.outcome = .added
            }
            reports.append(report)
        }
        return reports
    }
}
