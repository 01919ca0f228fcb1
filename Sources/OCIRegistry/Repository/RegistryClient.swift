internal import HTTPClient
package import OCI
internal import Support

/// A client of OCI registries. All repositories share its connections, tokens and credentials.
///
/// [OCI distribution-spec 1.1](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md)
package struct RegistryClient: Sendable {
    private let transport: HTTPTransport
    private let authenticator: Authenticator
    private let fallbackLocks = KeyedLock<String>()
    private let headLengths = HeadLengths()
    private let configuration: RegistryConfiguration

    init(transport: HTTPTransport, configuration: RegistryConfiguration) {
        self.transport = transport
        self.configuration = configuration
        authenticator = Authenticator(transport: transport, configuration: configuration)
    }

    /// A repository. No request is sent until it is used.
    package func repository(_ repository: Repository) -> RegistryRepository {
        let isPlain = configuration.plainHTTP.covers(registry: repository.registry, host: repository.host)
        let scheme = isPlain ? Origin.Scheme.http : .https
        let authority = RegistryName.apiHost(repository.registry)
        // A repository's registry is a valid host and port.
        let base = (try? WebAddress("\(scheme.rawValue)://\(authority)"))?.origin
        if let base { transport.trust.permit(base) }
        let endpoint = RegistryEndpoint(
            repository: repository, base: base ?? Origin(scheme: scheme, host: authority, port: 0),
            transport: transport,
            authenticator: authenticator, headLengths: headLengths, configuration: configuration)
        return RegistryRepository(endpoint: endpoint, fallbackLocks: fallbackLocks)
    }
}

/// Runs `body` with a client, then closes its connections.
///
/// - Throws: `OCIError.Code.io` when a file of certificates that an option names cannot be read, and the error of `body`.
package func withRegistryClient<Result>(
    _ configuration: RegistryConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (RegistryClient) async throws -> Result
) async throws -> Result {
    let trust = try RegistryTrust(configuration.trust)
    return try await withHTTPClient(httpConfiguration(configuration, trust), isolation: isolation) { client in
        let transport = HTTPTransport(client: client, configuration: configuration, trust: trust)
        return try await body(RegistryClient(transport: transport, configuration: configuration))
    }
}

private func httpConfiguration(_ configuration: RegistryConfiguration, _ trust: RegistryTrust)
    -> HTTPClientConfiguration
{
    var http = HTTPClientConfiguration()
    http.connectTimeout = configuration.timeouts.connect
    http.idleTimeout = configuration.timeouts.idle
    http.minimumRate = configuration.timeouts.minimumRate
    http.rateWindow = configuration.timeouts.exchange
    // A file that cannot be used ends a request before it is sent.
    http.trust = { (try? trust.trust(for: $0)) ?? .system }
    return http
}
