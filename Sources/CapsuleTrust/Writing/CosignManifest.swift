internal import OCI

/// One of cosign's manifests about a capsule, `sha256-<hex>.sig` or `.att`: a list of signatures or attestations that other
/// writers may change, too.
struct CosignManifest: Sendable {
    /// The maximum number of attempts to add a layer to a list that other writers overwrite.
    private static let tries = 100
    /// The pause before the list is read once more: of two writers that read it at the same time, the second overwrites the
    /// first.
    private static let settling: Duration = .milliseconds(300)

    let tag: Tag
    let store: any ContentStore
    /// Waits between two reads of the tag.
    let pause: @Sendable (Duration) async throws -> Void

    /// Adds layers in one write, and returns the digest of the manifest that holds them. Registries have no conditional tag
    /// update, so the tag is read again after the write, and once more later.
    ///
    /// - Parameter memory: holds the content of the layers.
    /// - Throws: `OCIError.Code.tagExists` where the tag may not be changed, and the errors of the store.
    @discardableResult
    func add(_ layers: [Descriptor], from memory: MemoryStore) async throws -> Digest? {
        for layer in layers { try await store.store(layer.target, from: memory) }
        for attempt in 0..<Self.tries {
            let (before, present) = try await list()
            if Set(layers).isSubset(of: present) {
                // Another writer may have read the list before these layers were in it, and overwrite it now.
                try await pause(Self.settling + .milliseconds(Int64.random(in: 0...200)))
                let (after, _) = try await list()
                if after == before { return after?.digest }
                continue
            }
            let manifest = try Self.manifest(present + layers.filter { !present.contains($0) }, in: memory)
            try await store.store(manifest.imageManifest().config, from: memory)
            try await store.store(manifest.descriptor.target, from: memory)
            // The tag is read again just before it is written, which keeps the time for a conflict short.
            if try await list().descriptor == before {
                try await store.tag(manifest.descriptor.target, as: tag)
                continue
            }
            try await pause(.milliseconds(Int64.random(in: 5...50 * Int64(min(attempt + 1, 20)))))
        }
        throw OCIError(
            .unavailable, "\(store.reference):\(tag): other writers kept overwriting the list; run the command again")
    }

    /// The tag's manifest and its layers. A missing tag is retried twice: docker-registry briefly returns 404 while a tag
    /// moves, and starting a new list would drop other signers' entries.
    private func list() async throws -> (descriptor: Descriptor?, layers: [Descriptor]) {
        for attempt in 0..<3 {
            if attempt > 0 { try await pause(.milliseconds(20)) }
            guard let manifest = try await store.manifest(tag) else { continue }
            return (manifest.descriptor.target, try manifest.imageManifest().layers)
        }
        return (nil, [])
    }

    /// A manifest in cosign's form: an image whose layers are payloads.
    private static func manifest(_ layers: [Descriptor], in memory: MemoryStore) throws -> RawManifest {
        let epoch = "0001-01-01T00:00:00Z"
        let history = layers.map { _ in #"{"created":"\#(epoch)"}"# }.joined(separator: ",")
        let diffs = layers.map { "\"\($0.digest)\"" }.joined(separator: ",")
        let config =
            #"{"architecture":"","created":"\#(epoch)","history":[\#(history)],"os":"","rootfs":{"type":"layers","#
            + #""diff_ids":[\#(diffs)]},"config":{}}"#
        let manifest = try RawManifest(
            encoding: ImageManifest(
                config: memory.add(Array(config.utf8), mediaType: MediaType.imageConfig), layers: layers))
        memory.add(manifest)
        return manifest
    }
}
