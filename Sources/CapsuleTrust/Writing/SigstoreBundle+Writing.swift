internal import OCI
internal import Signing
internal import Support

extension SigstoreBundle {
    /// A statement that is signed for a bundle.
    struct Content: Sendable {
        /// The URI of the predicate type.
        let predicateType: String
        /// The bytes.
        let statement: [UInt8]
    }

    /// The maximum number of attempts to write bundles, when the registry loses a blob to a concurrent upload.
    private static let tries = 20
    /// The number of blobs that are uploaded concurrently.
    private static let width = 4

    /// Signs statements about a capsule, and attaches them to the capsule as bundles, all together.
    ///
    /// - Returns: the manifests of the bundles, in the order of the statements.
    static func attach(
        _ contents: [Content], signedBy key: SigningKey, to capsule: Descriptor, in store: any ContentStore,
        pause: @Sendable (Duration) async throws -> Void
    ) async throws -> [Digest] {
        let memory = MemoryStore()
        let config = memory.add(Array("{}".utf8), mediaType: MediaType.emptyJSON)
        var blobs = [config]
        var manifests: [Descriptor] = []
        for content in contents {
            let message = PreAuthenticationEncoding.bytes(
                payloadType: SignatureFormat.statementPayload, payload: content.statement)
            let bundle = encode(
                payload: content.statement, signature: key.signature(over: message), hint: key.verificationKey.hint)
            let layer = memory.add(bundle, mediaType: SignatureFormat.bundle)
            let manifest = try RawManifest(
                encoding: ImageManifest(
                    artifactType: SignatureFormat.bundle, config: config, layers: [layer], subject: capsule.target,
                    annotations: [
                        SignatureFormat.contentAnnotation: "dsse-envelope",
                        SignatureFormat.predicateAnnotation: content.predicateType,
                    ]))
            blobs.append(layer)
            manifests.append(memory.add(manifest).target)
        }
        for attempt in 1... {
            do {
                _ = try await concurrently(blobs, width: width) { try await store.store($0, from: memory) }
                try await store.attach(manifests, stored: [], to: capsule.digest, from: memory)
                break
            } catch let error as OCIError where error.code == .contentMismatch && attempt < tries {
                // docker-registry briefly loses a blob while another writer uploads the same one.
                try await pause(.milliseconds(Int64.random(in: 5...50 * Int64(attempt))))
            }
        }
        for manifest in manifests { try await store.keep(manifest) }
        return manifests.map(\.digest)
    }
}
