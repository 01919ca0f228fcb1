internal import AsyncHTTPClient
internal import NIOCore
internal import NIOSSL
public import OCI

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
    var clients: [HTTPClient] = []
    do {
        let direct = HTTPClient(configuration: try httpConfiguration(configuration, proxy: nil))
        clients.append(direct)
        var proxied: [ProxySettings.Proxy: HTTPClient] = [:]
        for proxy in Set([configuration.proxies.https, configuration.proxies.http].compactMap { $0 }) {
            let client = HTTPClient(configuration: try httpConfiguration(configuration, proxy: proxy))
            clients.append(client)
            proxied[proxy] = client
        }
        let wire = Wire(direct: direct, proxied: proxied, context: context)
        let result = try await body(RegistryClient(wire: wire, context: context))
        for client in clients { try await client.shutdown() }
        return result
    } catch {
        for client in clients { try? await client.shutdown() }
        throw error
    }
}

private func httpConfiguration(
    _ configuration: RegistryConfiguration, proxy: ProxySettings.Proxy?
) throws -> HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    if let file = configuration.certificateAuthorityFile {
        do {
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(file))]
        } catch {
            throw OCIError(.io, "\(file) is not a readable PEM file of certificate authorities", cause: error)
        }
    }
    let timeouts = configuration.timeouts
    var http = HTTPClient.Configuration(
        tlsConfiguration: tls, redirectConfiguration: .disallow,
        timeout: .init(
            connect: TimeAmount(timeouts.connect), read: TimeAmount(timeouts.idle), write: TimeAmount(timeouts.idle)),
        decompression: .disabled)
    // Blobs are a stream each: one connection for each keeps a slow reader of one from holding up the others.
    http.httpVersion = .http1Only
    // Trying again is ours to do, with the caller's policy.
    http.connectionPool.retryConnectionEstablishment = false
    http.proxy = proxy.map { proxy in
        .server(
            host: proxy.host, port: proxy.port,
            authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
    }
    return http
}
