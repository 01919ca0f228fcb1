/// A store to read content from: a repository on a registry, an OCI layout, a one-file archive, or memory.
///
/// Content is verified: a stream that ends without an error had the size and the digest of its descriptor.
public protocol ContentSource: Sendable {
    /// The name of this store in messages: `ghcr.io/example/shop`, `oci:out/layout`.
    var reference: StoreReference { get }

    /// The descriptor that `tag` names now; nil when there is no such tag.
    func resolve(_ tag: Tag) async throws -> Descriptor?

    /// The manifest that `tag` names now; nil when there is no such tag. A registry receives one request for it.
    func manifest(_ tag: Tag) async throws -> RawManifest?

    /// The manifest that `tag` names now, unless that is still the known one, which a registry then does not send or read again.
    func manifest(_ tag: Tag, unless known: Digest?) async throws -> TaggedManifest

    /// The manifests that were passed to `remember(_:)` last, if this store keeps them.
    func remembered() async -> [RememberedManifest]

    /// Keeps the manifests of a list of tags for the next time that it is read, in place of those before.
    func remember(_ manifests: [RememberedManifest]) async

    /// The descriptor of the manifest with this digest; nil when this store does not have it.
    func resolve(_ digest: Digest) async throws -> Descriptor?

    /// Streams content from `offset` on. With `offset` 0 the stream verifies size and digest, and throws
    /// `OCIError.Code.contentMismatch` instead of ending when they do not match. With another offset only the size is
    /// checked.
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64,
        _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result

    /// The manifests in this store whose subject is `digest`, sorted by digest.
    func referrers(of digest: Digest) async throws -> [Descriptor]

    /// Like `referrers(of:)`, but also returns the manifests that were fetched to build the list.
    func listReferrers(of digest: Digest) async throws -> [Referrer]

    /// Every tag, sorted.
    func tags() async throws -> [Tag]
}

/// A store to write content to.
public protocol ContentSink: Sendable {
    /// The name of this store in messages.
    var reference: StoreReference { get }

    /// True when this store has the complete content.
    func contains(_ descriptor: Descriptor) async throws -> Bool

    /// Stores one blob or manifest from `source`, and verifies it before it gets its final name. Content that is
    /// already stored is left as it is. A registry mounts a blob from another repository of the same registry instead
    /// of transferring it; it compares `source.reference`, since a copy wraps the source in one that counts bytes.
    func store(_ descriptor: Descriptor, from source: any ContentSource) async throws

    /// Makes `tag` name a manifest that was stored before.
    func tag(_ descriptor: Descriptor, as tag: Tag) async throws

    /// Makes `tag` name a manifest that was stored before. Throws `OCIError.Code.tagExists` when it names another
    /// already. Stores check and write in one step if they can; a registry cannot, so its tag is read just before the
    /// write.
    func tagOnce(_ descriptor: Descriptor, as tag: Tag) async throws

    /// Stores manifests that refer to `subject`, and lists them among its referrers in one step. A registry that keeps the
    /// list under a tag which may not be changed can therefore hold all that is attached together.
    ///
    /// - Parameter stored: more of them, which this store has and, after an interrupted run, may not list.
    func attach(
        _ manifests: [Descriptor], stored: [Descriptor], to subject: Digest, from source: any ContentSource)
        async throws

    /// Lists a stored manifest that gets no tag in the index of this store, if the store has an index.
    func keep(_ descriptor: Descriptor) async throws
}

extension ContentSink {
    /// Checks the tag, then writes it.
    public func tagOnce(_ descriptor: Descriptor, as tag: Tag) async throws {
        try await checkFree(tag, for: descriptor)
        try await self.tag(descriptor, as: tag)
    }

    /// Throws when `tag` names other content here, if this can be determined.
    func checkFree(_ tag: Tag, for descriptor: Descriptor) async throws {
        guard let old = try await (self as? any ContentSource)?.resolve(tag) else { return }
        try Self.check(old, isStill: descriptor, tag: tag, reference: reference)
    }

    static func check(_ old: Descriptor, isStill descriptor: Descriptor, tag: Tag, reference: StoreReference)
        throws(OCIError)
    {
        guard old.digest != descriptor.digest else { return }
        throw OCIError(
            .tagExists,
            "\(reference):\(tag) exists and is \(old.digest), not \(descriptor.digest); nothing was replaced. "
                + "Copy to another tag or store")
    }

    /// Stores the manifests one by one: most stores derive the list from what they hold.
    public func attach(
        _ manifests: [Descriptor], stored: [Descriptor], to subject: Digest, from source: any ContentSource
    ) async throws {
        for manifest in manifests { try await store(manifest, from: source) }
    }

    /// Does nothing: most stores hold a manifest by its digest alone.
    public func keep(_ descriptor: Descriptor) async throws {}
}

/// A store that is both read and written.
public typealias ContentStore = ContentSource & ContentSink

/// Opens stores. Only the command line depends on registries, layouts and archives; other code depends on this
/// protocol.
public protocol ContentOpener: Sendable {
    /// Opens a store for reading.
    func source(_ reference: StoreReference) async throws -> any ContentSource

    /// Opens a store for reading and writing, making a layout that does not exist yet.
    func store(_ reference: StoreReference) async throws -> any ContentStore

    /// Opens a store to copy to. A store that is written as a whole, such as an archive, is complete when `body` returns.
    func withDestination<Result: Sendable>(
        _ reference: StoreReference, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result
}

extension ContentOpener {
    /// Runs `body` with the store.
    public func withDestination<Result: Sendable>(
        _ reference: StoreReference, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result {
        try await body(store(reference))
    }
}

extension ContentSource {
    /// Resolves the tag, and reads a manifest that is not known.
    public func manifest(_ tag: Tag, unless known: Digest?) async throws -> TaggedManifest {
        if let known, try await resolve(tag)?.digest == known { return .unchanged }
        return try await manifest(tag).map(TaggedManifest.manifest) ?? .missing
    }

    /// Nothing: most stores answer at once, and remember nothing.
    public func remembered() async -> [RememberedManifest] { [] }

    /// Does nothing.
    public func remember(_ manifests: [RememberedManifest]) async {}

    /// Streams whole, verified content.
    public func withContent<Result: Sendable>(
        of descriptor: Descriptor, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await withContent(of: descriptor, from: 0, body)
    }

    /// The whole content in memory, verified.
    ///
    /// - Throws: `OCIError.Code.tooLarge` when the descriptor names more than `limit` bytes: nothing is read then.
    public func bytes(of descriptor: Descriptor, limit: Int64) async throws -> [UInt8] {
        guard descriptor.size <= limit else {
            throw OCIError(
                .tooLarge,
                "\(descriptor.digest) in \(reference) has \(descriptor.size) bytes; the limit here is \(limit)")
        }
        return try await withContent(of: descriptor, from: 0) { stream in
            var bytes: [UInt8] = []
            // The size is not verified before the bytes are read. Reserved memory is allocated by the page, as it is
            // written; growing the array step by step would hold everything twice.
            bytes.reserveCapacity(Int(min(descriptor.size, 32 << 20)))
            for try await chunk in stream { bytes += chunk }
            return bytes
        }
    }

    /// A manifest, verified and at most 4 MiB. Its descriptor has the size of the content: that of a descriptor from a
    /// registry's HEAD response can be wrong.
    public func manifest(_ descriptor: Descriptor) async throws -> RawManifest {
        let bytes = try await bytes(of: descriptor, limit: RawManifest.maximumSize)
        var descriptor = descriptor
        descriptor.size = Int64(bytes.count)
        return RawManifest(bytes: bytes, descriptor: descriptor)
    }

    /// Resolves the tag, and reads the manifest.
    public func manifest(_ tag: Tag) async throws -> RawManifest? {
        guard let descriptor = try await resolve(tag) else { return nil }
        return try await manifest(descriptor)
    }

    /// The descriptor that a reference names in this store; nil when there is none.
    ///
    /// The tag of a reference that has a digest is not resolved: a moved tag does not change the result, and a mirror need
    /// not have the tag. Verification checks separately that the tag still names the digest (`capsule.digest`). Without a
    /// digest the tag is resolved; `latest` is never assumed.
    ///
    /// - Throws: `OCIError.Code.invalidName` when the reference has neither.
    public func resolve(_ reference: ArtifactReference) async throws -> Descriptor? {
        if let digest = reference.digest { return try await resolve(digest) }
        guard let tag = reference.tag else {
            throw OCIError(.invalidName, "\(reference) has neither a tag nor a digest; add :TAG or @sha256:…")
        }
        return try await resolve(tag)
    }

    /// The digests of the manifests that an image index lists, one for each platform; empty for an image manifest, and
    /// when the content does not exist.
    package func platforms(of digest: Digest) async throws -> Set<Digest> {
        guard let descriptor = try await resolve(digest), MediaType.isIndex(descriptor.mediaType) else { return [] }
        return Set(try await manifest(descriptor).imageIndex().manifests.map(\.digest))
    }
}
