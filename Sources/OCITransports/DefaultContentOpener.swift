public import OCI
internal import OCIArchive
public import OCIRegistry

/// Opens all kinds of stores: repositories in registries, OCI image layouts and one-file archives.
///
/// ``withContentOpener(_:isolation:_:)`` creates one that has a registry client.
public struct DefaultContentOpener: ContentOpener {
    private let client: RegistryClient?

    /// Creates an opener.
    ///
    /// - Parameter client: the client that reads and writes repositories; nil for an opener that opens files only.
    package init(client: RegistryClient?) { self.client = client }

    /// Opens a store for reading.
    ///
    /// - Throws: `OCIError.Code.notFound` for a layout or an archive that does not exist; `.unsupported` for a
    ///   repository when there is no client.
    public func source(_ reference: StoreReference) async throws -> any ContentSource {
        switch reference {
        case .registry(let repository): try self.repository(repository)
        case .layout(let path): try ImageLayout(path: path)
        case .archive(let path): try ImageArchive(path: path)
        }
    }

    /// Opens a store for reading and writing. A layout that does not exist is created.
    ///
    /// - Throws: `OCIError.Code.unsupported` for an archive, which is written once and whole by `withDestination`, and
    ///   for a repository when there is no client.
    public func store(_ reference: StoreReference) async throws -> any ContentStore {
        switch reference {
        case .registry(let repository): return try self.repository(repository)
        case .layout(let path): return try ImageLayout(path: path, create: true)
        case .archive:
            throw OCIError(
                .unsupported,
                "\(reference) cannot be added to; write an oci: layout, then `capsule copy` it to the archive"
            )
        }
    }

    /// Opens a store to copy to. An archive is written to a temporary file, which gets the archive's name when `body`
    /// returns, and is removed when `body` throws.
    public func withDestination<Result: Sendable>(
        _ reference: StoreReference, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result {
        guard case .archive(let path) = reference else { return try await body(store(reference)) }
        return try await withNewImageArchive(path, body)
    }

    private func repository(_ repository: Repository) throws(OCIError) -> RegistryRepository {
        guard let client else {
            throw OCIError(.unsupported, "\(repository) is in a registry, and this opener has no registry client")
        }
        return client.repository(repository)
    }
}

/// Runs `body` with an opener whose registry client is closed afterwards.
///
/// - Parameter configuration: credentials, proxies, certificate authorities and plain HTTP hosts of the registries.
public func withContentOpener<Result>(
    _ configuration: RegistryConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (DefaultContentOpener) async throws -> Result
) async throws -> Result {
    try await withRegistryClient(configuration, isolation: isolation) { client in
        try await body(DefaultContentOpener(client: client))
    }
}
