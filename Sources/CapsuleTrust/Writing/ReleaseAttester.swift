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
        /// The manifest of the bundle, or cosign's `.att` manifest where the store cannot hold bundles.
        public var attestation: Digest
        /// The outcome.
        public var outcome: Outcome
        /// The reason why there is no bundle; nil when there is one.
        public var refusal: String?

        /// The message about an attestation that is not a bundle; nil when it is one.
        package var warning: String? {
            refusal.map {
                "the attestation is stored in cosign's .att manifest; it cannot be stored as a Sigstore bundle: \($0)"
            }
        }
    }

    private let writer: EvidenceWriter

    /// - Parameters:
    ///   - repository: the repository that the attestations name; it may differ from the one that they are written to.
    ///   - pause: waits between attempts, when another writer interferes.
    public init(
        key: SigningKey, repository: Repository,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        writer = EvidenceWriter(key: key, repository: repository, pause: pause)
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

    /// Attests several statements about a capsule. They are attached together.
    ///
    /// - Throws: as `attest(_:_:in:)` does.
    @discardableResult
    public func attest(
        _ capsule: Descriptor, _ predicates: [AttestationPredicate], in store: any ContentStore
    ) async throws -> [Report] {
        let written = try await writer.write(capsule, signs: false, predicates, in: store)
        return Report.all(written, of: capsule.digest, predicates, by: writer)
    }
}

extension ReleaseAttester.Report {
    static func all(
        _ written: EvidenceWriter.Report, of digest: Digest, _ predicates: [AttestationPredicate],
        by writer: EvidenceWriter
    ) -> [Self] {
        zip(predicates, written.statements).map { predicate, statement in
            Self(
                digest: digest, repository: writer.repository, key: writer.key.verificationKey.fingerprint,
                predicateType: predicate.type, attestation: statement.manifest,
                outcome: statement.isPresent ? .present : .added, refusal: statement.refusal)
        }
    }
}
