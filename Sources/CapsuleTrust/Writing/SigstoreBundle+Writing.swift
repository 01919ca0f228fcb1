internal import OCI
internal import Signing
internal import Support

extension SigstoreBundle {
    /// The most attempts to write a bundle, when the registry loses a blob to a concurrent upload.
    private static let tries = 20

    /// Signs a statement about a capsule, and attaches it to the capsule as a bundle.
    ///
    /// - Returns: the bundle's manifest.
    @discardableResult
    static func attach(
        _ statement: [UInt8], type: String, signedBy key: SigningKey, to capsule: Descriptor,
        in store: any ContentStore, pause: @Sendable (Duration) async throws -> Void
    ) async throws -> Digest {
        let message = PreAuthenticationEncoding.bytes(
            payloadType: SignatureFormat.statementPayload, payload: statement)
        let bundle = encode(
            payload: statement, signature: key.signature(over: message), hint: key.verificationKey.hint)
        let memory = MemoryStore()
        let manifest = try RawManifest(
            encoding: ImageManifest(
                artifactType: SignatureFormat.bundle,
                config: memory.add(Array("{}".utf8), mediaType: MediaType.emptyJSON),
                layers: [memory.add(bundle, mediaType: SignatureFormat.bundle)], subject: capsule.target,
                annotations: [
                    SignatureFormat.contentAnnotation: "dsse-envelope", SignatureFormat.predicateAnnotation: type,
                ]))
        memory.add(manifest)
        for attempt in 1... {
            do {
                try await copy(
                    manifest.descriptor.target, from: memory, to: store, tag: nil,
                    options: CopyOptions(referrers: false))
                break
            } catch let error as OCIError where error.code == .contentMismatch && attempt < tries {
                // docker-registry briefly loses a blob while another writer uploads the same one.
                try await pause(.milliseconds(Int64.random(in: 5...50 * Int64(attempt))))
            }
        }
        return manifest.descriptor.digest
    }
}
