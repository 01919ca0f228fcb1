internal import FoundationEssentials
internal import HTTPMessages
internal import OCI
internal import Support
internal import Synchronization

/// The `Authorization` header of a request, and the login that it is made of.
struct Authorization: Sendable {
    let header: String
    let login: RegistryLogin?
}

/// Provides the `Authorization` header for requests to registries. Caches the scheme of each registry, and its logins and
/// tokens until they end or are refused.
final class Authenticator: Sendable {
    /// The authentication scheme of a registry.
    private enum Scheme {
        case basic
        case bearer(TokenCache.Issuer)
    }

    private let schemes = Mutex<[Origin: Scheme]>([:])
    private let tokens = TokenCache()
    private let logins: LoginCache
    private let server: TokenServer
    private let configuration: RegistryConfiguration

    init(transport: HTTPTransport, configuration: RegistryConfiguration) {
        server = TokenServer(transport: transport, configuration: configuration)
        logins = LoginCache(configuration)
        self.configuration = configuration
    }

    static func basic(user: String, password: String) -> String {
        "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }

    /// The header to send without waiting for a challenge; nil until the registry has sent one.
    func authorization(
        for repository: Repository, at registry: Origin, scope: TokenScope
    ) async throws -> Authorization? {
        switch schemes.withLock({ $0[registry] }) {
        case nil: return nil
        case .basic:
            let login = try await login(for: repository)
            guard case .basic(let user, let password) = login?.credential else { return nil }
            return Authorization(header: Self.basic(user: user, password: password), login: login)
        case .bearer(let issuer):
            return try await withLogin(for: repository) { login in
                try await bearer(issuer, login, repository: repository, scope: scope, rejected: nil)
            }
        }
    }

    /// Prepares another authorization after a 401, so that `authorization(for:at:scope:)` returns it: it answers the challenge, or
    /// uses a login that was renewed.
    ///
    /// - Parameters:
    ///   - rejected: the authorization of the request that was rejected, if it had one.
    ///   - isAgain: true when an authorization that answered this challenge was rejected.
    ///   - said: what the registry says, where it was read.
    /// - Throws: `OCIError.Code.unauthorized` when there is no other credential to send.
    func answer(
        _ headers: HTTPHeaders, rejected: Authorization?, isAgain: Bool, said: String?, repository: Repository,
        registry: Origin, scope: TokenScope
    ) async throws {
        let challenges = Challenge.parse(headers["WWW-Authenticate"])
        try await withLogin(for: repository) { login in
            guard !isAgain || login?.credential != rejected?.login?.credential else {
                throw unauthorized(repository, login: login, said: said)
            }
            try await answer(
                challenges, with: login, rejected: rejected?.header, repository: repository, registry: registry,
                scope: scope)
        }
    }

    private func answer(
        _ challenges: [Challenge], with login: RegistryLogin?, rejected: String?, repository: Repository,
        registry: Origin, scope: TokenScope
    ) async throws {
        if let challenge = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            let realm = try RealmRule.check(
                challenge.parameters["realm"] ?? "", registry: registry, plainHTTP: configuration.plainHTTP)
            let issuer = TokenCache.Issuer(
                realm: realm, service: challenge.parameters["service"], registry: registry)
            schemes.withLock { $0[registry] = .bearer(issuer) }
            let wanted = challenge.parameters["scope"].map { TokenScope(challenge: $0).union(scope) } ?? scope
            _ = try await bearer(issuer, login, repository: repository, scope: wanted, rejected: rejected)
            return
        }
        if challenges.contains(where: { $0.scheme == "basic" }),
            case .basic(let user, let password) = login?.credential,
            Self.basic(user: user, password: password) != rejected
        {
            schemes.withLock { $0[registry] = .basic }
            return
        }
        throw unauthorized(repository, login: login, schemes: challenges.map(\.scheme))
    }

    /// True when a login was renewed since a request with this authorization was made, so that another try can succeed.
    func isRenewed(since rejected: Authorization?, for repository: Repository) async -> Bool {
        guard let rejected, let login = try? await logins.login(for: repository, isRefused: true) else { return false }
        return login.credential != rejected.login?.credential
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

    /// The login for a repository.
    func login(for repository: Repository) async throws -> RegistryLogin? {
        try await logins.login(for: repository)
    }

    /// The login that was looked up for a repository, if there is one.
    func knownLogin(for repository: Repository) -> RegistryLogin? { logins.known(repository) }

    /// Runs `body` with the login for a repository. When the login is rejected, looks it up again, and runs `body` once more with
    /// one that was renewed.
    private func withLogin<Result>(
        for repository: Repository, _ body: (RegistryLogin?) async throws -> Result
    ) async throws -> Result {
        let login = try await logins.login(for: repository)
        do {
            return try await body(login)
        } catch let error as OCIError where error.code == .unauthorized {
            let renewed = try await logins.login(for: repository, isRefused: true)
            guard renewed?.credential != login?.credential else { throw error }
            return try await body(renewed)
        }
    }

    /// Everything secret that was sent for a repository, in the forms in which a registry could repeat it.
    func secrets(for repository: Repository) -> [String] {
        let sent = logins.recent(repository).flatMap { login in
            switch login.credential {
            case .basic(let user, let password):
                [password] + [password, "\(user):\(password)"].map { Data($0.utf8).base64EncodedString() }
            case .identityToken(let token), .registryToken(let token): [token]
            }
        }
        return (sent + tokens.texts).filter { !$0.isEmpty }
    }

    private func bearer(
        _ issuer: TokenCache.Issuer, _ login: RegistryLogin?, repository: Repository, scope: TokenScope,
        rejected: String?
    ) async throws -> Authorization {
        if case .registryToken(let token) = login?.credential {
            guard rejected != "Bearer \(token)" else { throw unauthorized(repository, login: login) }
            return Authorization(header: "Bearer \(token)", login: login)
        }
        let old = rejected.flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        let token = try await tokens.token(
            from: issuer, for: login?.credential, scope: scope, rejected: old, now: { self.configuration.clock.now },
            fetch: { try await self.server.fetch(issuer, scope: scope, login: login) })
        return Authorization(header: "Bearer \(token.text)", login: login)
    }
}
