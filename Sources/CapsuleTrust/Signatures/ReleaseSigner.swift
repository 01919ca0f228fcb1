internal import Cryptography
internal import Documents
public import OCI
public import Signing

/// Signs capsules: writes cosign's `.sig` manifest and a Sigstore bundle beside them.
public struct ReleaseSigner: Sendable {
    /// What became of one form of the signature.
    public enum Outcome: String, Sendable, Codable {
        /// It was written.
        case added
        /// This key's signature was there already.
        case present
    }

    /// What was done.
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

    /// How often a list of signatures is written anew because another writer hid ours.
    static let tries = 100
    /// Two writers of one tag each read, add and write; the one that wrote first looks again after this long.
    static let settling: Duration = .milliseconds(300)

    private let key: SigningKey
    private let repository: Repository
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - repository: the repository that the signatures are for, which need not be where they are written.
    ///   - pause: waits, between two looks at a tag that others write too.
    public init(
        key: SigningKey, repository: Repository,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.key = key
        self.repository = repository
        self.pause = pause
    }

    /// Signs a capsule that is in `store`. What this key has signed already is left as it is, so a run that was broken
    /// off is completed by running it again.
    ///
    /// - Throws: `SigningError`, and what the place throws.
    @discardableResult
    public func sign(_ capsule: Descriptor, in store: any ContentStore) async throws -> Report {
        try await sign(
            capsule, in: store, present: ReleaseEvidence.gather(capsule.digest, in: store, scope: .signatures))
    }

    /// Signs a capsule whose attached evidence was read a moment ago.
    ///
    /// - Throws: as `sign(_:in:)` does.
    package func sign(
        _ capsule: Descriptor, in store: any ContentStore, present evidence: ReleaseEvidence
    ) async throws -> Report {
        let present = evidence.pieces.filter { piece in
            guard (try? piece.signer(among: [key.verificationKey], revoked: [])) != nil,
                case .signature? = try? piece.claim(of: capsule.digest, in: repository)
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

    /// Adds a layer to the manifest under cosign's tag. No registry writes "only if unchanged", so it is read again after
    /// writing, and once more later.
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
                // Others may have read the list before it had ours: it is there for good once nobody writes any more.
                try await pause(Self.settling + .milliseconds(Int64.random(in: 0...200)))
                let (after, _) = try await list(tag, store)
                if after == before { return }
                continue
            }
            let manifest = try self.manifest(present + [layer], in: memory)
            try await store.store(manifest.imageManifest().config, from: memory)
            try await store.store(manifest.descriptor.target, from: memory)
            // Looked at again as shortly before the write as can be.
            if try await list(tag, store).descriptor == before {
                try await store.tag(manifest.descriptor.target, as: tag)
                continue
            }
            try await pause(.milliseconds(Int64.random(in: 5...50 * Int64(min(attempt + 1, 20)))))
        }
        throw OCIError(
            .unavailable, "\(store.place):\(tag): other writers kept overwriting the list of signatures; sign again")
    }

    /// What the tag names, and its layers. That there is none is believed only when it is said again: Debian's registry
    /// has no tag for a moment while it is being moved, and a list begun anew would lose the signatures of others.
    private func list(_ tag: Tag, _ store: any ContentStore) async throws -> (
        descriptor: Descriptor?, layers: [Descriptor]
    ) {
        for look in 0..<3 {
            if look > 0 { try await pause(.milliseconds(20)) }
            guard let descriptor = try await store.resolve(tag) else { continue }
            return (descriptor, try await store.manifest(descriptor).imageManifest().layers)
        }
        return (nil, [])
    }

    /// A manifest as cosign writes it: an image whose layers are payloads.
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
