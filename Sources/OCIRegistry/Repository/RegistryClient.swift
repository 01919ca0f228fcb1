internal import HTTPClient
public import OCI
internal import Support

/// A client of OCI registries for one run: its connections, tokens and credentials are shared by all repositories.
///
/// [OCI distribution-spec 1.1](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md)
public struct RegistryClient: Sendable {
    private let wire: Wire
    private let authenticator: Authenticator
    private let fallbackLocks = KeyedLock<String>()
    private let context: ClientContext

    init(wire: Wire, context: ClientContext) {
        self.wire = wire
        self.context = context
        authenticator = Authenticator(wire: wire, context: context)
    }

    /// A repository. Nothing is sent before it is used.
    public func repository(_ repository: Repository) -> RegistryRepository {
        let isPlain = context.plainHTTP.covers(registry: repository.registry, host: repository.host)
        let scheme = isPlain ? Origin.Scheme.http : .https
        let authority = RegistryName.apiHost(repository.registry)
        // A repository's registry is a host and a port already.
        let base = (try? WebAddress("\(scheme.rawValue)://\(authority)"))?.origin
        let endpoint = RegistryEndpoint(
            repository: repository, base: base ?? Origin(scheme: scheme, host: authority, port: 0), wire: wire,
            authenticator: authenticator, context: context)
        return RegistryRepository(endpoint: endpoint, fallbackLocks: fallbackLocks)
    }
}

/// Runs `body` with a client, and closes its connections afterwards.
///
/// - Throws: `OCIError.Code.io` when the file of certificate authorities cannot be read, and whatever `body` throws.
public func withRegistryClient<Result>(
    _ configuration: RegistryConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (RegistryClient) async throws -> Result
) async throws -> Result {
    let context = ClientContext(configuration: configuration)
    return try await withHTTPClient(httpConfiguration(configuration), isolation: isolation) { client in
        try await body(RegistryClient(wire: Wire(client: client, context: context), context: context))
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
