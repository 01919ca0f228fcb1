internal import FoundationEssentials
internal import HTTPMessages
internal import Logging
internal import OCI
internal import Support

/// Requests tokens from a token server.
///
/// [Docker Registry v2 authentication](https://distribution.github.io/distribution/spec/auth/token/)
struct TokenServer: Sendable {
    let transport: HTTPTransport
    let configuration: RegistryConfiguration

    /// The lifetime in seconds of a token whose response has no `expires_in`.
    static let defaultLifetime: Double = 60
    /// A token is not used in its last seconds, so that it does not expire in transit; short ones not in their last tenth.
    static let margin: Double = 10

    /// The header with a token that is used once.
    func bearer(_ issuer: TokenCache.Issuer, scope: TokenScope, login: RegistryLogin?) async throws -> String {
        "Bearer \(try await fetch(issuer, scope: scope, login: login).text)"
    }

    func fetch(_ issuer: TokenCache.Issuer, scope: TokenScope, login: RegistryLogin?) async throws -> Token {
        var request = makeRequest(issuer, scope: scope, credential: login?.credential)
        let server = issuer.realm.origin.authority
        let registry = issuer.registry.authority
        var budget = RetryBudget(configuration)
        while true {
            let requested = configuration.clock.now
            let response: TransportResponse
            do {
                response = try await transport.execute(request)
            } catch let failure as TransportFailure {
                try await budget.pause(
                    failure.error("requesting a token for \(registry) from \(server)"), failure.isTransient)
                continue
            }
            switch response.status {
            case 200:
                let body = try await response.collect(upTo: configuration.limits.answerSize)
                return try parse(body, requested: requested, scope: scope, server: server)
            case 404 where request.method == .POST, 405 where request.method == .POST:
                // A token server without OAuth 2, such as older ones of Artifactory.
                await response.drain()
                request = makeGET(issuer, scope: scope, credential: login?.credential)
            case 300..<400:
                throw OCIError(
                    .protocolViolation,
                    "the token server \(server) of \(registry) redirects, which is rejected because the request contains "
                        + "the password"
                )
            case 408, 429, 500...:
                let wait = RetryAfter.delay(
                    response.headers.first(name: "Retry-After"), now: configuration.clock.date)
                await response.drain()
                let error = OCIError(
                    .unavailable,
                    "the token server \(server) of \(registry) answers \(response.status); try again later")
                try await budget.pause(error, true, retryAfter: wait)
            default:
                await response.drain()
                let advice = LoginAdvice(registry: registry, login: login)
                throw OCIError(
                    .unauthorized,
                    "the token server \(server) rejects " + (login.map { "the \($0)" } ?? "anonymous access")
                        + " (status \(response.status)); " + (login == nil ? advice.missing : advice.rejected))
            }
        }
    }

    private func makeRequest(_ issuer: TokenCache.Issuer, scope: TokenScope, credential: Credential?)
        -> TransportRequest
    {
        if case .identityToken(let token) = credential {
            var fields = [("grant_type", "refresh_token"), ("client_id", configuration.userAgent)]
            if let service = issuer.service { fields.append(("service", service)) }
            fields.append(("scope", scope.parameters.joined(separator: " ")))
            fields.append(("refresh_token", token))
            let form = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
            return TransportRequest(
                .POST, issuer.realm, headers: ["Content-Type": "application/x-www-form-urlencoded"],
                body: .bytes(Array(form.utf8)))
        }
        return makeGET(issuer, scope: scope, credential: credential)
    }

    private func makeGET(_ issuer: TokenCache.Issuer, scope: TokenScope, credential: Credential?) -> TransportRequest {
        var address = issuer.realm
        if let service = issuer.service { address = address.adding("service", service) }
        for parameter in scope.parameters { address = address.adding("scope", parameter) }
        var headers: HTTPHeaders = [:]
        switch credential {
        case .basic(let user, let password):
            headers.add(name: "Authorization", value: Authenticator.basic(user: user, password: password))
        case .identityToken(let token):
            // The user name under which Docker keeps such a token.
            headers.add(name: "Authorization", value: Authenticator.basic(user: "<token>", password: token))
        case .registryToken, nil: break
        }
        return TransportRequest(.GET, address, headers: headers)
    }

    private func parse(_ body: [UInt8], requested: Duration, scope: TokenScope, server: String) throws -> Token {
        struct Payload: Decodable {
            var token: String?
            var access_token: String?
            var expires_in: Double?
        }
        guard let payload = try? JSONDecoder().decode(Payload.self, from: Data(body)),
            let text = [payload.token, payload.access_token].compactMap({ $0 }).first(where: { !$0.isEmpty }),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw OCIError(.protocolViolation, "the response of the token server \(server) contains no token")
        }
        var lifetime = payload.expires_in ?? Self.defaultLifetime
        if !(lifetime > 0) { lifetime = Self.defaultLifetime }
        lifetime = min(lifetime, 86_400)
        lifetime = max(lifetime - Self.margin, lifetime * 0.9 - 1, lifetime / 2)
        return Token(text: text, scope: scope, expires: requested + .milliseconds(Int64(lifetime * 1000)))
    }
}
