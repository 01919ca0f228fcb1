internal import FoundationEssentials
internal import HTTPMessages
internal import OCI
internal import Support
internal import Synchronization

/// Provides the `Authorization` header for requests to registries. Caches the scheme and the credential of each registry.
final class Authenticator: Sendable {
    /// The authentication scheme of a registry.
    private enum Scheme {
        case basic
        case bearer(TokenCache.Issuer)
    }

    private struct State {
        var schemes: [Origin: Scheme] = [:]
        var logins: [Repository: RegistryLogin?] = [:]
    }

    private let state = Mutex(State())
    private let tokens = TokenCache()
    private let server: TokenServer
    private let configuration: RegistryConfiguration

    init(transport: HTTPTransport, configuration: RegistryConfiguration) {
        server = TokenServer(transport: transport, configuration: configuration)
        self.configuration = configuration
    }

    static func basic(user: String, password: String) -> String {
        "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }

    /// The header to send without waiting for a challenge; nil until the registry has sent one.
    func header(for repository: Repository, at registry: Origin, scope: TokenScope) async throws -> String? {
        switch state.withLock({ $0.schemes[registry] }) {
        case nil: return nil
        case .basic:
            guard case .basic(let user, let password) = try await login(for: repository)?.credential else { return nil }
            return Self.basic(user: user, password: password)
        case .bearer(let issuer):
            return try await bearer(issuer, repository: repository, scope: scope, rejected: nil)
        }
    }

    /// The header that answers a 401's challenge. `rejected` is the header of the request that was rejected, if it had one.
    ///
    /// - Throws: `OCIError.Code.unauthorized` when there is no other credential to send.
    func answer(
        _ headers: HTTPHeaders, rejected: String?, repository: Repository, registry: Origin, scope: TokenScope
    ) async throws -> String {
        let challenges = Challenge.parse(headers["WWW-Authenticate"])
        let login = try await login(for: repository)
        if let challenge = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            let realm = try RealmRule.check(
                challenge.parameters["realm"] ?? "", registry: registry, plainHTTP: configuration.plainHTTP)
            let issuer = TokenCache.Issuer(
                realm: realm, service: challenge.parameters["service"], registry: registry)
            state.withLock { $0.schemes[registry] = .bearer(issuer) }
            let wanted = challenge.parameters["scope"].map { TokenScope(challenge: $0).union(scope) } ?? scope
            return try await bearer(issuer, repository: repository, scope: wanted, rejected: rejected)
        }
        if challenges.contains(where: { $0.scheme == "basic" }), case .basic(let user, let password) = login?.credential
        {
            let header = Self.basic(user: user, password: password)
            if header != rejected {
                state.withLock { $0.schemes[registry] = .basic }
                return header
            }
        }
        throw unauthorized(repository, login: login, schemes: challenges.map(\.scheme))
    }

    /// The error for a registry that rejects the credential.
    ///
    /// - Parameter said: what the registry says, where it was read.
    func unauthorized(
        _ repository: Repository, login: RegistryLogin?, schemes: [String] = [], said: String? = nil
    ) -> OCIError {
        let advice = LoginAdvice(registry: repository.registry, login: login)
        let said = said.map { " (\($0))" } ?? ""
        if let login {
            return OCIError(
                .unauthorized,
                "\(repository.registry) rejects the \(login) for \(repository)\(said); \(advice.rejected)")
        }
        let understood = schemes.isEmpty || schemes.contains { $0 == "basic" || $0 == "bearer" }
        let kinds = understood ? "" : " (by \(quoted(schemes.joined(separator: ", "))), which is not supported)"
        return OCIError(
            .unauthorized,
            "\(repository.registry) requires authentication for \(repository)\(kinds)\(said), or the repository does not exist; "
                + advice.missing)
    }

    /// The login for a repository, looked up once: helpers are slow and may prompt the user.
    func login(for repository: Repository) async throws -> RegistryLogin? {
        if let known = state.withLock({ $0.logins[repository] }) { return known }
        let login = try await configuration.credentials.login(for: repository)
        state.withLock { $0.logins[repository] = .some(login) }
        return login
    }

    /// The login that was looked up for a repository, if there is one.
    func knownLogin(for repository: Repository) -> RegistryLogin? {
        state.withLock { $0.logins[repository] } ?? nil
    }

    /// Everything secret that was sent for a repository, in the forms in which a registry could repeat it.
    func secrets(for repository: Repository) -> [String] {
        let sent: [String]
        switch knownLogin(for: repository)?.credential {
        case .basic(let user, let password)?:
            let base64 = [password, "\(user):\(password)"].map { Data($0.utf8).base64EncodedString() }
            sent = [password] + base64
        case .identityToken(let token)?, .registryToken(let token)?: sent = [token]
        case nil: sent = []
        }
        return (sent + tokens.texts).filter { !$0.isEmpty }
    }

    private func bearer(
        _ issuer: TokenCache.Issuer, repository: Repository, scope: TokenScope, rejected: String?
    ) async throws -> String {
        let login = try await login(for: repository)
        if case .registryToken(let token) = login?.credential {
            guard rejected != "Bearer \(token)" else { throw unauthorized(repository, login: login) }
            return "Bearer \(token)"
        }
        let old = rejected.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        let token = try await tokens.token(
            from: issuer, scope: scope, rejected: old, now: { self.configuration.clock.now },
            fetch: { try await self.server.fetch(issuer, scope: scope, login: login) })
        return "Bearer \(token.text)"
    }
}
