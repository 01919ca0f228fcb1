internal import Cryptography
internal import Documents
public import OCI
public import Signing

/// Signs capsules: writes the signature both into cosign's `.sig` manifest and as a Sigstore bundle.
public struct ReleaseSigner: Sendable {
    /// The result for one form of the signature.
    public enum Outcome: String, Sendable, Codable {
        /// It was written.
        case added
        /// This key's signature existed before.
        case present
        /// The store cannot hold this form, and holds the other one.
        case refused
    }

    /// The result of signing.
    public struct Report: Sendable, Codable {
        /// The capsule.
        public var digest: Digest
        /// The repository that the signature is for.
        public var repository: Repository
        /// The fingerprint of the key.
        public var key: Digest
        /// The `.sig` manifest.
        public var signature: Outcome
        /// The bundle.
        public var bundle: Outcome
        /// The reason why one form is missing; nil when both are there.
        public var refusal: String?

        /// The message about a form that is missing; nil when both are there.
        package var warning: String? {
            guard let refusal else { return nil }
            let (missing, there) =
                bundle == .refused
                ? ("a Sigstore bundle", "cosign's .sig manifest") : ("cosign's .sig manifest", "a Sigstore bundle")
            return
                "the signature is stored as \(there) only, which is sufficient; it cannot be stored as \(missing): \(refusal)"
        }
    }

    private let key: SigningKey
    private let repository: Repository
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - repository: the repository that the signatures name; it may differ from the one that they are written to.
    ///   - pause: waits between two reads of a tag that others may write too.
    public init(
        key: SigningKey, repository: Repository,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.key = key
        self.repository = repository
        self.pause = pause
    }

    /// Signs a capsule that is in `store`. A form of the signature that this key has written already is not written again, so
    /// an interrupted run is completed by running it again. Some registries can hold one form only: the other is then missing,
    /// and the report says why. Each form is sufficient alone.
    ///
    /// - Parameter attached: the evidence of this capsule as it was read from `store` before, so that signing and attesting
    ///   read it once; nil reads it here.
    /// - Throws: `SigningError`, and the errors of the store.
    @discardableResult
    public func sign(_ capsule: Descriptor, in store: any ContentStore, attached: ReleaseEvidence? = nil) async throws
        -> Report
    {
        let evidence = try await ReleaseEvidence.gather(
            capsule.digest, in: store, scope: .signatures, unlessKnown: attached)
        let present = evidence.signedEvidence.filter { evidence in
            guard (try? evidence.signer(among: [key.verificationKey], revoked: [])) != nil,
                case .signature? = try? evidence.claim(of: capsule.digest, in: repository, binding: .name).content
            else { return false }
            return true
        }
        var report = Report(
            digest: capsule.digest, repository: repository, key: key.verificationKey.fingerprint, signature: .present,
            bundle: .present)
        var refusals: [OCIError] = []
        if !present.contains(where: { $0.form == .bundle }) {
            report.bundle = try await Self.unlessRefused(&refusals) { try await addBundle(capsule, store) }
        }
        if !present.contains(where: { $0.form == .simpleSigning }) {
            report.signature = try await Self.unlessRefused(&refusals) { try await addSignature(capsule, store) }
        }
        if report.bundle == .refused, report.signature == .refused, let first = refusals.first { throw first }
        report.refusal = refusals.first?.message
        return report
    }

    /// Runs `write`, and keeps the error of a store that cannot hold what it writes.
    private static func unlessRefused(_ refusals: inout [OCIError], _ write: () async throws -> Void) async throws
        -> Outcome
    {
        do {
            try await write()
            return .added
        } catch let error as OCIError where [.refused, .tagExists].contains(error.code) {
            refusals.append(error)
            return .refused
        }
    }

    private func addBundle(_ capsule: Descriptor, _ store: any ContentStore) async throws {
        let statement = SignatureFormat.statement(
            capsule.digest, repository: repository,
            AttestationPredicate(type: SignatureFormat.signPredicate, value: .object([])))
        try await SigstoreBundle.attach(
            statement, type: SignatureFormat.signPredicate, signedBy: key, to: capsule, in: store, pause: pause)
    }

    /// Adds the signature to cosign's `.sig` manifest.
    private func addSignature(_ capsule: Descriptor, _ store: any ContentStore) async throws {
        let payload = SignatureFormat.payload(capsule.digest, repository: repository)
        let memory = MemoryStore()
        var layer = memory.add(payload, mediaType: SignatureFormat.simpleSigning)
        layer.annotations = [
            SignatureFormat.signatureAnnotation: Base64.encode(key.signature(over: payload))
        ]
        let tag = try SignatureFormat.signatureTag(capsule.digest)
        try await CosignManifest(tag: tag, store: store, pause: pause).add(layer, from: memory)
    }
}
