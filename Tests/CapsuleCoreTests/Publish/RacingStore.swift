import OCI

/// A store in which somebody else acts right after our tag is set.
final class RacingStore: ContentStore {
    let inner: MemoryStore
    let other: @Sendable () async throws -> Void

    init(_ inner: MemoryStore, other: @escaping @Sendable () async throws -> Void) {
        self.inner = inner
        self.other = other
    }

    var reference: StoreReference { inner.reference }
    func resolve(_ tag: Tag) async throws -> Descriptor? { try await inner.resolve(tag) }
    func resolve(_ digest: Digest) async throws -> Descriptor? { try await inner.resolve(digest) }
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result { try await inner.withContent(of: descriptor, from: offset, body) }
    func referrers(of digest: Digest) async throws -> [Descriptor] { try await inner.referrers(of: digest) }
    func tags() async throws -> [Tag] { try await inner.tags() }
    func contains(_ descriptor: Descriptor) async throws -> Bool { try await inner.contains(descriptor) }
    func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        try await inner.store(descriptor, from: source)
    }
    func tag(_ descriptor: Descriptor, as tag: Tag) async throws {
        try await inner.tag(descriptor, as: tag)
        try await other()
    }
}
