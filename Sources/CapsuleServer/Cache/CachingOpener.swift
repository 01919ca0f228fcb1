internal import OCI

/// Opens registries through the cache of capsules and the cache of tags.
struct CachingOpener: ContentOpener {
    let base: any ContentOpener
    let cache: CapsuleCache
    let tags: TagCache
    let metrics: ServiceMetrics

    func source(_ reference: StoreReference) async throws -> any ContentSource {
        guard case .registry(let repository) = reference else {
            throw OCIError(.unsupported, "\(reference) is not a registry; the service reads only registries")
        }
        return CachingSource(
            repository: repository, origin: MeteredOrigin(origin: try await base.source(reference), metrics: metrics),
            cache: cache, tags: tags)
    }

    func store(_ reference: StoreReference) async throws -> any ContentStore {
        throw OCIError(.unsupported, "the service does not write to registries")
    }
}

/// A repository whose content is read through the cache.
private struct CachingSource: ContentSource {
    let repository: Repository
    let origin: MeteredOrigin
    let cache: CapsuleCache
    let tags: TagCache

    var reference: StoreReference { .registry(repository) }

    func resolve(_ tag: Tag) async throws -> Descriptor? {
        try await tags.resolve(tag, in: repository) { try await origin.resolve(tag) }
    }

    func resolve(_ digest: Digest) async throws -> Descriptor? {
        if let known = await cache.manifest(digest) { return known }
        return try await origin.resolve(digest)
    }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        guard offset == 0 else { return try await origin.withContent(of: descriptor, from: offset, body) }
        return try await cache.withContent(of: descriptor, from: origin, body)
    }

    func referrers(of digest: Digest) async throws -> [Descriptor] { try await origin.referrers(of: digest) }

    func listReferrers(of digest: Digest) async throws -> [Referrer] { try await origin.listReferrers(of: digest) }

    func tags() async throws -> [Tag] { try await origin.tags() }
}

/// A repository whose calls are counted and timed.
struct MeteredOrigin: ContentSource {
    let origin: any ContentSource
    let metrics: ServiceMetrics

    var reference: StoreReference { origin.reference }

    func resolve(_ tag: Tag) async throws -> Descriptor? {
        try await metrics.registryCall(.tag) { try await origin.resolve(tag) }
    }

    func resolve(_ digest: Digest) async throws -> Descriptor? {
        try await metrics.registryCall(.manifest) { try await origin.resolve(digest) }
    }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await metrics.registryCall(.content) { try await origin.withContent(of: descriptor, from: offset, body) }
    }

    func referrers(of digest: Digest) async throws -> [Descriptor] {
        try await metrics.registryCall(.referrers) { try await origin.referrers(of: digest) }
    }

    func listReferrers(of digest: Digest) async throws -> [Referrer] {
        try await metrics.registryCall(.referrers) { try await origin.listReferrers(of: digest) }
    }

    func tags() async throws -> [Tag] { try await metrics.registryCall(.tags) { try await origin.tags() } }
}
