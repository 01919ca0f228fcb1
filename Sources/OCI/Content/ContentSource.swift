/// A place to read content from: a repository on a registry, an OCI layout, a one-file archive, or memory.
///
/// Everything that comes out has been checked: a stream that ends without an error had the size and the digest of its
/// descriptor.
public protocol ContentSource: Sendable {
    /// What this place is, as it stands in messages: `ghcr.io/example/shop`, `oci:out/layout`.
    var place: Place { get }

    /// What `tag` names now; nil when there is no such tag.
    func resolve(_ tag: Tag) async throws -> Descriptor?

    /// The descriptor of a manifest that is here, by its digest; nil when it is not here.
    func resolve(_ digest: Digest) async throws -> Descriptor?

    /// Streams content from `offset` on. With `offset` 0 the stream verifies size and digest, and throws
    /// `OCIError.Code.contentMismatch` instead of ending when they do not hold. With another offset only the size
    /// is checked.
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64,
        _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result

    /// The manifests here whose subject is `digest`, sorted by digest.
    func referrers(of digest: Digest) async throws -> [Descriptor]

    /// The same, with the manifests that had to be read to list them: whoever reads them next need not ask again.
    func listReferrers(of digest: Digest) async throws -> [Referrer]

    /// Every tag, sorted.
    func tags() async throws -> [Tag]
}

/// A place to write content to.
public protocol ContentSink: Sendable {
    /// What this place is, as it stands in messages.
    var place: Place { get }

    /// Whether the content is here already, whole.
    func contains(_ descriptor: Descriptor) async throws -> Bool

    /// Takes one blob or manifest from `source`, verified before it has its final name. Taking what is here already does
    /// nothing. A registry mounts a blob from another repository of the same registry instead of moving bytes; it goes by
    /// `source.place`, since a copy hands over a source wrapped in another that counts.
    func store(_ descriptor: Descriptor, from source: any ContentSource) async throws

    /// Makes `tag` name a manifest that was stored before.
    func tag(_ descriptor: Descriptor, as tag: Tag) async throws

    /// Makes `tag` name a manifest that was stored before, unless it names another already: then it throws
    /// `OCIError.Code.tagExists`. A place that can do so looks and writes in one step; a registry cannot, and looks just
    /// before it writes.
    func tagOnce(_ descriptor: Descriptor, as tag: Tag) async throws

    /// Lists a manifest that was stored and gets no tag among the roots of this place, where the place has such a list.
    func keep(_ descriptor: Descriptor) async throws
}

extension ContentSink {
    /// Looks, then writes.
    public func tagOnce(_ descriptor: Descriptor, as tag: Tag) async throws {
        try await checkFree(tag, for: descriptor)
        try await self.tag(descriptor, as: tag)
    }

    /// Throws when `tag` names something else here, where that can be found out.
    func checkFree(_ tag: Tag, for descriptor: Descriptor) async throws {
        guard let old = try await (self as? any ContentSource)?.resolve(tag) else { return }
        try Self.check(old, isStill: descriptor, tag: tag, place: place)
    }

    static func check(_ old: Descriptor, isStill descriptor: Descriptor, tag: Tag, place: Place) throws(OCIError) {
        guard old.digest != descriptor.digest else { return }
        throw OCIError(
            .tagExists,
            "\(place):\(tag) exists and is \(old.digest), not \(descriptor.digest); nothing was replaced. "
                + "Copy to another tag or place")
    }

    /// Does nothing: most places hold a manifest by its digest alone.
    public func keep(_ descriptor: Descriptor) async throws {}
}

/// A place that is both read and written.
public typealias ContentStore = ContentSource & ContentSink

/// Opens places. The edge of the program knows registries, layouts and archives; everything inside knows only this.
public protocol ContentOpener: Sendable {
    /// Opens a place for reading.
    func source(_ place: Place) async throws -> any ContentSource

    /// Opens a place for reading and writing, making a layout that does not exist yet.
    func store(_ place: Place) async throws -> any ContentStore

    /// Opens a place to copy to. A place that is written as a whole, such as an archive, is complete when `body` returns.
    func withDestination<Result: Sendable>(
        _ place: Place, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result
}

extension ContentOpener {
    /// Runs `body` with the store.
    public func withDestination<Result: Sendable>(
        _ place: Place, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result {
        try await body(store(place))
    }
}

extension ContentSource {
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
                "\(descriptor.digest) in \(place) has \(descriptor.size) bytes; the limit here is \(limit)")
        }
        return try await withContent(of: descriptor, from: 0) { stream in
            var bytes: [UInt8] = []
            // A size is only a claim until the bytes have come. Memory of this size is given by the page, as it is written, and
            // growing step by step would hold everything twice.
            bytes.reserveCapacity(Int(min(descriptor.size, 32 << 20)))
            for try await chunk in stream { bytes += chunk }
            return bytes
        }
    }

    /// A manifest, verified and at most 4 MiB.
    public func manifest(_ descriptor: Descriptor) async throws -> RawManifest {
        RawManifest(bytes: try await bytes(of: descriptor, limit: RawManifest.maximumSize), descriptor: descriptor)
    }

    /// What a location names here; nil when it is not here.
    ///
    /// A digest alone decides: where a location has one, its tag is not looked up, so the answer does not change when
    /// somebody moves the tag, and a mirror need not carry it. Whether the tag still names that digest is a question of
    /// its own, which verification asks and reports (`capsule.digest`). Without a digest the tag decides; `latest` is
    /// never assumed.
    ///
    /// - Throws: `OCIError.Code.invalidName` when the location has neither.
    public func resolve(_ location: Location) async throws -> Descriptor? {
        if let digest = location.digest { return try await resolve(digest) }
        guard let tag = location.tag else {
            throw OCIError(.invalidName, "\(location) has neither a tag nor a digest; add :TAG or @sha256:…")
        }
        return try await resolve(tag)
    }
}
