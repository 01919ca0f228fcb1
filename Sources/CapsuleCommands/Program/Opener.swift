internal import DeliveryConfiguration
internal import Logging
internal import OCI
internal import OCIArchive
internal import OCIRegistry
internal import Processes

/// Opens the places of a run: registries through one client, layouts, one-file archives.
struct Opener: ContentOpener {
    private let client: RegistryClient

    static func with<Result: Sendable>(
        _ options: GlobalOptions, logger: Logger, environment: [String: String], runner: any CommandRunner,
        _ body: @Sendable (Opener) async throws -> Result
    ) async throws -> Result {
        var configuration = try RegistryConfiguration(
            environment: environment, runner: runner, logger: logger)
        configuration.plainHTTPHosts = Set(options.plainHTTP)
        configuration.certificateAuthorityFile = options.caFile
        // Whoever brings an authority along speaks TLS, with a registry on this machine too.
        configuration.plainHTTPOnLoopback = options.caFile == nil
        configuration.userAgent = "release-capsule/\(Capsule.version)"
        return try await withRegistryClient(configuration) { client in try await body(Opener(client: client)) }
    }

    func source(_ place: Place) async throws -> any ContentSource {
        switch place {
        case .registry(let repository): client.repository(repository)
        case .layout(let path): try ImageLayout(path: path)
        case .archive(let path): try ImageArchive(path: path)
        }
    }

    func store(_ place: Place) async throws -> any ContentStore {
        switch place {
        case .registry(let repository): client.repository(repository)
        case .layout(let path): try ImageLayout(path: path, create: true)
        case .archive:
            throw OCIError(
                .unsupported, "\(place) cannot be added to; write an oci: layout, then `capsule copy` it to the archive"
            )
        }
    }

    /// Opens a place to copy to. An archive gets its name when `body` is done, whole or not at all.
    func withDestination<Result: Sendable>(
        _ place: Place, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result {
        guard case .archive(let path) = place else { return try await body(store(place)) }
        return try await withNewImageArchive(path, body)
    }
}
