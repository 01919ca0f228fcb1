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
    }

    /// The most attempts to add a signature to a list that other writers overwrite.
    static let tries = 100
    /// The pause before the list is read once more: of two writers that read it at the same time, the second overwrites the
    /// first.
    static let settling: Duration = .milliseconds(300)

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
    /// an interrupted run is completed by running it again.
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
                case .signature? = try? evidence.claim(of: capsule.digest, in: repository)
            else { return false }
            return true
        }
        var report = Report(
            digest: capsule.digest, repository: repository, key: key.verificationKey.fingerprint, signature: .present,
            bundle: .present)
        if !present.contains(where: { $0.form == .bundle }) {
            let statement = SignatureFormat.statement(
                capsule.digest, repository: repository,
                AttestationPredicate(type: SignatureFormat.signPredicate, value: .object([])))
            try await SigstoreBundle.attach(
                statement, type: SignatureFormat.signPredicate, signedBy: key, to: capsule, in: store,
                pause: pause)
            report.bundle = .added
        }
        if !present.contains(where: { $0.form == .simpleSigning }) {
            try await addSignature(capsule, store)
            report.signature = .added
        }
        return report
    }

    /// Adds a layer to the manifest under cosign's tag. Registries have no conditional tag update, so the tag is read again
    /// after the write, and once more later.
    private func addSignature(_ capsule: Descriptor, _ store: any ContentStore) async throws {
        let payload = SignatureFormat.payload(capsule.digest, repository: repository)
        let memory = MemoryStore()
        var layer = memory.add(payload, mediaType: SignatureFormat.simpleSigning)
        layer.annotations = [
            SignatureFormat.signatureAnnotation: Base64.encode(key.signature(over: payload))
        ]
        let tag = try SignatureFormat.signatureTag(capsule.digest)
        try await store.store(layer.target, from: memory)
        for attempt in 0..<Self.tries {
            let (before, present) = try await list(tag, store)
            if present.contains(layer) {
                // Another writer may have read the list before this layer was in it, and overwrite it now.
                try await pause(Self.settling + .milliseconds(Int64.random(in: 0...200)))
                let (after, _) = try await list(tag, store)
                if after == before { return }
                continue
            }
            let manifest = try self.manifest(present + [layer], in: memory)
            try await store.store(manifest.imageManifest().config, from: memory)
            try await store.store(manifest.descriptor.target, from: memory)
            // The tag is read again just before it is written, which keeps the time for a conflict short.
            if try await list(tag, store).descriptor == before {
                try await store.tag(manifest.descriptor.target, as: tag)
                continue
            }
            try await pause(.milliseconds(Int64.random(in: 5...50 * Int64(min(attempt + 1, 20)))))
        }
        throw OCIError(
            .unavailable, "\(store.reference):\(tag): other writers kept overwriting the list of signatures; sign again"
        )
    }

    /// The tag's manifest and its layers. A missing tag is retried twice: docker-registry briefly returns 404 while a tag
    /// moves, and starting a new list would drop other signers' entries.
    private func list(_ tag: Tag, _ store: any ContentStore) async throws -> (
        descriptor: Descriptor?, layers: [Descriptor]
    ) {
        for attempt in 0..<3 {
            if attempt > 0 { try await pause(.milliseconds(20)) }
            guard let descriptor = try await store.resolve(tag) else { continue }
            return (descriptor, try await store.manifest(descriptor).imageManifest().layers)
        }
        return (nil, [])
    }

    /// A manifest in cosign's form: an image whose layers are payloads.
    private func manifest(_ layers: [Descriptor], in memory: MemoryStore) throws -> RawManifest {
        let epoch = "0001-01-01T00:00:00Z"
        let history = layers.map { _ in #"{"created":"\#(epoch)"}"# }.joined(separator: ",")
        let diffs = layers.map { "\"\($0.digest)\"" }.joined(separator: ",")
        let config =
            #"{"architecture":"","created":"\#(epoch)","history":[\#(history)],"os":"","rootfs":{"type":"layers","#
            + #""diff_ids":[\#(diffs)]},"config":{}}"#
        let manifest = try RawManifest(
            encoding: ImageManifest(
                config: memory.add(Array(config.utf8), mediaType: "application/vnd.oci.image.config.v1+json"),
                layers: layers))
        memory.add(manifest)
        return manifest
    }
}
