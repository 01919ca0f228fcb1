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
                evidence.form != .simpleSigning && evidence.payload == statement
                    && (try? evidence.signer(among: [key.verificationKey], revoked: [])) != nil
            }
            if let same {
                report.attestation = same.manifest
            } else {
                try await write(statement, &report, to: capsule, in: store)
            }
            reports.append(report)
        }
        return reports
    }

    /// Writes a statement as a bundle, or into cosign's `.att` manifest where the store cannot hold bundles.
    private func write(
        _ statement: [UInt8], _ report: inout Report, to capsule: Descriptor, in store: any ContentStore
    ) async throws {
        report.outcome = .added
        do {
            report.attestation = try await SigstoreBundle.attach(
                statement, type: report.predicateType, signedBy: key, to: capsule, in: store, pause: pause)
        } catch let refusal as OCIError where [.refused, .tagExists].contains(refusal.code) {
            let message = PreAuthenticationEncoding.bytes(
                payloadType: SignatureFormat.statementPayload, payload: statement)
            let memory = MemoryStore()
            let envelope = Envelope.encode(payload: statement, signature: key.signature(over: message))
            var layer = memory.add(Array(envelope.utf8), mediaType: SignatureFormat.envelope)
            layer.annotations = [
                SignatureFormat.signatureAnnotation: "", SignatureFormat.layerPredicateAnnotation: report.predicateType,
            ]
            let tag = try SignatureFormat.tag(capsule.digest, ".att")
            do {
                report.attestation =
                    try await CosignManifest(tag: tag, store: store, pause: pause).add(layer, from: memory)
                    ?? report.attestation
            } catch let other as OCIError where [.refused, .tagExists].contains(other.code) {
                // What the bundle needs is the better thing to change.
                throw refusal
            }
            report.refusal = refusal.message
        }
    }
}
