internal import CapsuleCore
internal import Documents
public import OCI
public import Signing

/// Attests statements about capsules: writes Sigstore bundles that refer to them.
public struct ReleaseAttester: Sendable {
    /// The result for one attestation.
    public enum Outcome: String, Sendable, Codable {
        /// It was written.
        case added
        /// This key has attested exactly this before.
        case present
    }

    /// The result of attesting one statement.
    public struct Report: Sendable, Codable {
        /// The capsule.
        public var digest: Digest
        /// The repository that the attestation is for.
        public var repository: Repository
        /// The fingerprint of the key.
        public var key: Digest
        /// The URI of the predicate type.
        public var predicateType: String
        /// The manifest of the bundle.
        public var attestation: Digest
        /// The outcome.
        public var outcome: Outcome
    }

    private let key: SigningKey
    private let repository: Repository
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - repository: the repository that the attestations name; it may differ from the one that they are written to.
    ///   - pause: waits between attempts, when another writer interferes.
    public init(
        key: SigningKey, repository: Repository,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.key = key
        self.repository = repository
        self.pause = pause
    }

    /// Attests a statement about a capsule that is in `store`. A statement that this key has attested word for word
    /// already is not written again, so an interrupted run is completed by running it again.
    ///
    /// - Throws: `SigningError`, `CapsuleError.Code.limitExceeded`, and the errors of the store.
    @discardableResult
    public func attest(_ capsule: Descriptor, _ predicate: AttestationPredicate, in store: any ContentStore)
        async throws -> Report
    {
        try await attest(capsule, [predicate], in: store)[0]
    }

    /// Attests several statements about a capsule.
    ///
    /// - Parameter attached: the evidence of this capsule as it was read from `store` before, so that signing and attesting
    ///   read it once; nil reads it here.
    /// - Throws: as `attest(_:_:in:)` does.
    @discardableResult
    public func attest(
        _ capsule: Descriptor, _ predicates: [AttestationPredicate], in store: any ContentStore,
        attached: ReleaseEvidence? = nil
    ) async throws -> [Report] {
        let statements = predicates.map { SignatureFormat.statement(capsule.digest, repository: repository, $0) }
        for statement in statements where Int64(SigstoreBundle.size(of: statement.count)) > EvidenceLimits.envelope {
            throw CapsuleError(
                .limitExceeded,
                "the statement has \(statement.count) bytes; its bundle would exceed the limit of \(EvidenceLimits.envelope) bytes that readers accept"
            )
        }
        let present = try await ReleaseEvidence.gather(
            capsule.digest, in: store, scope: .everything, unlessKnown: attached)
        var reports: [Report] = []
        for (predicate, statement) in zip(predicates, statements) {
            var report = Report(
                digest: capsule.digest, repository: repository, key: key.verificationKey.fingerprint,
                predicateType: predicate.type, attestation: capsule.digest, outcome: .present)
            let same = present.signedEvidence.first { evidence in
                evidence.form == .bundle && evidence.payload == statement
                    && (try? evidence.signer(among: [key.verificationKey], revoked: [])) != nil
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
