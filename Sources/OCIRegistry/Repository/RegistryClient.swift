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
            authenticator: authenticator, configuration: configuration)
        return RegistryRepository(endpoint: endpoint, fallbackLocks: fallbackLocks)
    }

    /// Asks the registry of a repository whether it accepts a login. Returns true when it does, false when it requires none.
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
        return (try? WebAddress("\(scheme.rawValue)://\(authority)"))?.origin
            ?? Origin(scheme: scheme, host: authority, port: 0)
    }
}

/// Runs `body` with a client, then closes its connections.
///
/// - Throws: `OCIError.Code.io` when the file of certificate authorities cannot be read, and the error of `body`.
package func withRegistryClient<Result>(
    _ configuration: RegistryConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (RegistryClient) async throws -> Result
) async throws -> Result {
    return try await withHTTPClient(httpConfiguration(configuration), isolation: isolation) { client in
        let transport = HTTPTransport(client: client, configuration: configuration)
        return try await body(RegistryClient(transport: transport, configuration: configuration))
    }
}

private func httpConfiguration(_ configuration: RegistryConfiguration) throws(OCIError) -> HTTPClientConfiguration {
    var http = HTTPClientConfiguration()
    http.connectTimeout = configuration.timeouts.connect
    http.idleTimeout = configuration.timeouts.idle
    if let file = configuration.certificateAuthorityFile {
        do throws(HTTPFailure) {
            let trust = HTTPTrust(authorities: try CertificateAuthorities(file: file))
            http.trust = { _ in trust }
        } catch {
            throw OCIError(
                .io, "\(file) is not a readable PEM file of certificate authorities: \(error.reason)", cause: error)
        }
    }
    return http
}
