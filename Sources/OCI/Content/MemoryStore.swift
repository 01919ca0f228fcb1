internal import Synchronization

/// A content store in memory, for content that was just built and for tests.
public final class MemoryStore: ContentStore {
    private struct State: Sendable {
        var content: [Digest: [UInt8]] = [:]
        var manifests: [Digest: RawManifest] = [:]
        var tags: [Tag: Descriptor] = [:]
    }
    private let state = Mutex(State())

    /// The name of this store in messages.
    public let reference: StoreReference

    /// Creates an empty store. `reference` is its name in messages; with the name of a registry it can replace that
    /// registry in tests.
    public init(_ reference: StoreReference = .layout(path: "(memory)")) { self.reference = reference }

    /// Adds a blob.
    @discardableResult
    public func add(_ bytes: [UInt8], mediaType: String) -> Descriptor {
        let descriptor = Descriptor(mediaType: mediaType, content: bytes)
        state.withLock { $0.content[descriptor.digest] = bytes }
        return descriptor
    }

    /// Adds a manifest, and its tag if one is given.
    @discardableResult
    public func add(_ manifest: RawManifest, tag: Tag? = nil) -> Descriptor {
        state.withLock { state in
            state.content[manifest.descriptor.digest] = manifest.bytes
            state.manifests[manifest.descriptor.digest] = manifest
            if let tag { state.tags[tag] = manifest.descriptor.target }
        }
        return manifest.descriptor
    }

    /// Replaces the bytes under a digest, as a broken disk would. For tests.
    package func damage(_ digest: Digest, _ bytes: [UInt8]?) {
        state.withLock { $0.content[digest] = bytes }
    }

    /// The descriptor that `tag` names now.
    public func resolve(_ tag: Tag) async throws -> Descriptor? { state.withLock { $0.tags[tag] } }

    /// The descriptor of the manifest with this digest; nil when it is not stored.
    public func resolve(_ digest: Digest) async throws -> Descriptor? {
        state.withLock { $0.manifests[digest]?.descriptor.target }
    }

    /// Streams content, verified when read from its start.
    public func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        guard let bytes = state.withLock({ $0.content[descriptor.digest] }) else {
            throw OCIError(.notFound, "\(reference) does not have \(descriptor.digest)")
        }
        guard (0...descriptor.size).contains(offset) else {
            throw OCIError(.unsupported, "\(descriptor.digest) has no byte \(offset)")
        }
        guard offset == 0 || Int64(bytes.count) == descriptor.size else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) in \(reference) has \(bytes.count) bytes, not \(descriptor.size)")
        }
        let reader = Mutex(
            (offset: Int(min(offset, Int64(bytes.count))), verifier: ContentVerifier(descriptor, from: "\(reference)")))
        return try await body(
            ContentStream {
                try Task.checkCancellation()
                return try reader.withLock { reader in
                    let end = min(reader.offset + ContentStream.chunkSize, bytes.count)
                    guard reader.offset < end else {
                        if offset == 0 { try reader.verifier.finish() }
                        return nil
                    }
                    let chunk = Array(bytes[reader.offset..<end])
                    reader.offset = end
                    try reader.verifier.update(chunk)
                    return chunk
                }
            })
    }

    /// The manifests whose subject is `digest`.
    public func referrers(of digest: Digest) async throws -> [Descriptor] {
        let manifests = state.withLock { Array($0.manifests.values) }
        return try manifests.filter { try $0.subject()?.digest == digest }
            .map { try $0.referrerDescriptor() }
            .sorted { $0.digest < $1.digest }
    }

    /// Every tag.
    public func tags() async throws -> [Tag] { state.withLock { $0.tags.keys.sorted() } }

    /// True when the content is stored here, in full size.
    public func contains(_ descriptor: Descriptor) async throws -> Bool {
        state.withLock { state in
            guard state.content[descriptor.digest].map({ Int64($0.count) == descriptor.size }) == true else {
                return false
            }
            return !MediaType.isManifest(descriptor.mediaType) || state.manifests[descriptor.digest] != nil
        }
    }

    /// Stores content from `source`.
    public func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        if try await contains(descriptor) { return }
        if MediaType.isManifest(descriptor.mediaType) {
            let manifest = try await source.manifest(descriptor.target)
            _ = try manifest.children()
            add(manifest)
        } else {
            let bytes = try await source.bytes(of: descriptor, limit: descriptor.size)
            state.withLock { $0.content[descriptor.digest] = bytes }
        }
    }

    /// Points a tag at a manifest.
    public func tag(_ descriptor: Descriptor, as tag: Tag) async throws { try point(tag, at: descriptor, once: false) }

    /// Points a tag at a manifest, unless it names another.
    public func tagOnce(_ descriptor: Descriptor, as tag: Tag) async throws {
        try point(tag, at: descriptor, once: true)
    }

    private func point(_ tag: Tag, at descriptor: Descriptor, once: Bool) throws {
        try state.withLock { state in
            guard let manifest = state.manifests[descriptor.digest] else {
                throw OCIError(
                    .notFound, "\(reference) does not have the manifest \(descriptor.digest); store it first")
            }
            if once, let old = state.tags[tag] {
                try Self.check(old, isStill: descriptor, tag: tag, reference: reference)
            }
            state.tags[tag] = manifest.descriptor.target
        }
    }
}
