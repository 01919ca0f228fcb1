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

    private let writer: EvidenceWriter

    /// - Parameters:
    ///   - repository: the repository that the signatures name; it may differ from the one that they are written to.
    ///   - pause: waits between two reads of a tag that others may write too.
    public init(
        key: SigningKey, repository: Repository,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        writer = EvidenceWriter(key: key, repository: repository, pause: pause)
    }

    /// Signs a capsule that is in `store`. A form of the signature that this key has written already is not written again, so
    /// an interrupted run is completed by running it again. Some registries can hold one form only: the other is then missing,
    /// and the report says why. Each form is sufficient alone.
    ///
    /// - Throws: `SigningError`, and the errors of the store.
    @discardableResult
    public func sign(_ capsule: Descriptor, in store: any ContentStore) async throws -> Report {
        let written = try await writer.write(capsule, signs: true, [], in: store)
        return Report(written, of: capsule.digest, by: writer)
    }

    /// Signs a capsule that is in `store`, and attests statements about it. What both write is attached together, so that a
    /// registry which takes a list of referrers only once can hold all of it.
    ///
    /// - Throws: as ``sign(_:in:)`` and ``ReleaseAttester/attest(_:_:in:)`` do.
    package func sign(
        _ capsule: Descriptor, attesting predicates: [AttestationPredicate], in store: any ContentStore
    ) async throws -> (signature: Report, attestations: [ReleaseAttester.Report]) {
        let written = try await writer.write(capsule, signs: true, predicates, in: store)
        return (
            Report(written, of: capsule.digest, by: writer),
            ReleaseAttester.Report.all(written, of: capsule.digest, predicates, by: writer)
        )
    }
}

extension ReleaseSigner.Report {
    fileprivate init(_ written: EvidenceWriter.Report, of digest: Digest, by writer: EvidenceWriter) {
        self.init(
            digest: digest, repository: writer.repository, key: writer.key.verificationKey.fingerprint,
            signature: written.signature, bundle: written.bundle, refusal: written.refusal)
    }
}
