internal import Logging
public import OCI
internal import OCIArchive
internal import OCIRegistry
public import Processes

/// Opens what a reference can name: a repository on a registry, an OCI layout, or a layout in one file.
public struct PlaceOpener: ContentOpener {
    private let client: RegistryClient

    /// Runs `body` with an opener that has the proxies and the logins of the environment.
    public static func with<Result: Sendable>(
        environment: [String: String], runner: any CommandRunner,
        _ body: @Sendable (PlaceOpener) async throws -> Result
    ) async throws -> Result {
        // snippet: opener
        let configuration = try RegistryConfiguration(environment: environment, runner: runner, logger: .silent)
        return try await withRegistryClient(configuration) { try await body(PlaceOpener(client: $0)) }
        // snippet end
    }

    /// Opens a place for reading.
    public func source(_ place: Place) async throws -> any ContentSource {
        switch place {
        case .registry(let repository): client.repository(repository)
        case .layout(let path): try ImageLayout(path: path)
        case .archive(let path): try ImageArchive(path: path)
        }
    }

    /// Opens a place for reading and writing; a layout is created when it does not exist.
    public func store(_ place: Place) async throws -> any ContentStore {
        switch place {
        case .registry(let repository): client.repository(repository)
        case .layout(let path): try ImageLayout(path: path, create: true)
        case .archive: throw OCIError(.unsupported, "\(place) is one file; write a layout and copy it to the file")
        }
    }
}
