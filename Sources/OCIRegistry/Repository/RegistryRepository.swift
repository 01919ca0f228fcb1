internal import HTTPMessages
package import OCI
internal import Support

/// A repository on a registry, read and written.
package struct RegistryRepository: ContentStore {
    let endpoint: RegistryEndpoint
    let fallbackLocks: KeyedLock<String>

    /// The repository.
    package var repository: Repository { endpoint.repository }

    /// The repository as a reference to a store.
    package var reference: StoreReference { .registry(endpoint.repository) }

    var configuration: RegistryConfiguration { endpoint.configuration }
    var pullScope: TokenScope { .pull(endpoint.name) }
    var pushScope: TokenScope { .push(endpoint.name) }

    /// Streams content, and resumes after a broken connection.
    package func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64,
        _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        if MediaType.isManifest(descriptor.mediaType), offset == 0, endpoint.headLengths.contains(descriptor) {
            let manifest = try await resolvedManifest(descriptor)
            let memory = MemoryStore(reference)
            memory.add(manifest)
            return try await memory.withContent(of: manifest.descriptor, from: 0, body)
        }
        let reader = ContentReader(descriptor, from: offset, endpoint: endpoint)
        do {
            let stream = ContentStream { try await reader.next() }
            let result =
                if let cache = configuration.cache, offset == 0 {
                    try await cache.withContent(of: descriptor, from: stream, body)
                } else {
                    try await body(stream)
                }
            await reader.close()
            return result
        } catch {
            await reader.close()
            throw error
        }
    }

    /// True when the repository has a blob or manifest.
    package func contains(_ descriptor: Descriptor) async throws -> Bool {
        let kind = MediaType.isManifest(descriptor.mediaType) ? "manifests" : "blobs"
        var request = TransportRequest(.HEAD, endpoint.address("\(kind)/\(descriptor.digest)"))
        if kind == "manifests" { request.headers = Self.acceptManifests }
        let doing = "checking for \(descriptor.digest) in \(repository)"
        var response = try await endpoint.exchange(request, scope: pullScope, doing: doing)
        if endpoint.refusesHead(response) || response.status == 200 && !Self.hasLength(response, descriptor.size) {
            // Some proxies answer HEAD with another length than GET.
            await response.drain()
            request.method = .GET
            if kind == "blobs", descriptor.size > 0 { request.headers.add(name: "Range", value: "bytes=0-0") }
            response = try await endpoint.exchange(request, scope: pullScope, doing: doing)
        }
        switch response.status {
        case 200, 206:
            await response.drain()
            // A blob of another size under this digest is damaged; sending it again may repair it.
            return Self.hasLength(response, descriptor.size)
        case 404:
            await response.drain()
            return false
        default:
            throw await endpoint.failure(response, doing: doing)
        }
    }

    /// False when a response names another length of the whole content.
    private static func hasLength(_ response: TransportResponse, _ size: Int64) -> Bool {
        guard response.status != 206 else {
            return ContentRange(response.headers.first(name: "Content-Range"))?.total.map { $0 == size } ?? true
        }
        return response.headers.first(name: "Content-Length").map { Int64($0) == size } ?? true
    }

    /// Copies content from `source`: mounts a blob of another repository of this registry, uploads it otherwise.
    package func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        if MediaType.isManifest(descriptor.mediaType) {
            try await storeManifest(source.manifest(descriptor))
        } else {
            try await storeBlob(descriptor, from: source)
        }
    }
}
