internal import Logging
internal import OCIRegistry
public import OCITransports
public import Processes

/// Runs `body` with an opener of registries, layouts and archives that has the proxies and the logins of the environment.
public func withPlaces<Result: Sendable>(
    environment: [String: String], runner: any CommandRunner,
    _ body: @Sendable (DefaultContentOpener) async throws -> Result
) async throws -> Result {
    // snippet: opener
    let configuration = RegistryConfiguration(environment: environment, runner: runner, logger: .silent)
    return try await withContentOpener(configuration) { opener in
        try await body(opener)
    }
    // snippet end
}
