internal import HTTPClient
package import OCI
internal import Support

/// A client of OCI registries. All repositories share its connections, tokens and credentials.
///
/// [OCI distribution-spec 1.1](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md)
package struct RegistryClient: Sendable {
    private let transport: HTTPTransport
    private let authenticator: Authenticator
    private let loopback: LoopbackTLS
    private let fallbackLocks = KeyedLock<String>()
    private let headLengths = HeadLengths()
    private let configuration: RegistryConfiguration

    init(transport: HTTPTransport, configuration: RegistryConfiguration) {
        self.transport = transport
        self.configuration = configuration
        authenticator = Authenticator(transport: transport, configuration: configuration)
        loopback = LoopbackTLS(transport: transport)
    }

    /// A repository. No request is sent until it is used.
    package func repository(_ repository: Repository) -> RegistryRepository {
        let endpoint = RegistryEndpoint(
            repository: repository, origin: origin(of: repository), loopback: loopback, transport: transport,
            authenticator: authenticator, headLengths: headLengths, configuration: configuration)
        return RegistryRepository(endpoint: endpoint, fallbackLocks: fallbackLocks)
    }

    /// Checks a login at the registry of a repository. Returns true when it is accepted, false when none is required.
    ///
    /// - Throws: `OCIError.Code.unauthorized` when it rejects the login.
    package func check(user: String, password: String, for repository: Repository) async throws -> Bool {
        let check = LoginCheck(
            origin: origin(of: repository), loopback: loopback, transport: transport, configuration: configuration)
        return try await check.run(user: user, password: password, at: repository.registry)
    }

    private func origin(of repository: Repository) -> Origin {
        let isPlain = configuration.plainHTTP.covers(registry: repository.registry, host: repository.host)
        let scheme = isPlain ? Origin.Scheme.http : .https
        let authority = RegistryName.apiHost(repository.registry)
        // A repository's registry is a valid host and port.
        let origin =
            (try? WebAddress("\(scheme.rawValue)://\(authority)"))?.origin
            ?? Origin(scheme: scheme, host: authority, port: 0)
        transport.trust.permit(origin)
        return origin
    }
}

/// Runs `body` with a client, then closes its connections.
///
/// - Throws: `OCIError.Code.io` when a file of certificates that an option names cannot be read, and the error of `body`.
package func withRegistryClient<Result>(
    _ configuration: RegistryConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (RegistryClient) async throws -> Result
) async throws -> Result {
    let trust = try RegistryTrust(configuration)
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
