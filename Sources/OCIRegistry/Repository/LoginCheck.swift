internal import HTTPMessages
internal import OCI
internal import Support

/// Asks a registry whether it accepts a login, before the login is stored.
struct LoginCheck: Sendable {
    let origin: Origin
    let loopback: LoopbackTLS
    let transport: HTTPTransport
    let configuration: RegistryConfiguration

    private var base: Origin { loopback.current(origin) }

    /// Returns true when the registry accepted the login, false when it requires none.
    ///
    /// - Throws: `OCIError.Code.unauthorized` when it rejects the login, and the errors of other requests.
    func run(user: String, password: String, at registry: String) async throws -> Bool {
        let doing = "logging in to \(registry)"
        let login = RegistryLogin(.basic(user: user, password: password))
        let open = try await request(nil, doing: doing)
        await open.drain()
        guard open.status == 401 else {
            guard open.status == 200 else { throw unexpected(open, doing: doing) }
            return false
        }
        let challenges = Challenge.parse(open.headers["WWW-Authenticate"])
        let header: String
        if let challenge = challenges.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            let realm = try RealmRule.check(
                challenge.parameters["realm"] ?? "", registry: base, plainHTTP: configuration.plainHTTP)
            let issuer = TokenCache.Issuer(realm: realm, service: challenge.parameters["service"], registry: base)
            do {
                header = try await TokenServer(transport: transport, configuration: configuration)
                    .bearer(issuer, scope: TokenScope(challenge: challenge.parameters["scope"] ?? ""), login: login)
            } catch let error as OCIError where error.code == .unauthorized {
                throw rejection(registry, user, "the token server \(realm.origin.authority) does not accept it")
            }
        } else if challenges.contains(where: { $0.scheme == "basic" }) {
            header = Authenticator.basic(user: user, password: password)
        } else {
            let kinds = challenges.map(\.scheme).joined(separator: ", ")
            throw OCIError(
                .unsupported,
                "\(doing): it requires a login by \(quoted(kinds)), which is not supported; nothing was stored")
        }
        let response = try await request(header, doing: doing)
        await response.drain()
        switch response.status {
        case 200: return true
        case 401, 403: throw rejection(registry, user, "it answers \(response.status)")
        default: throw unexpected(response, doing: doing)
        }
    }

    private func request(_ header: String?, doing: String) async throws -> TransportResponse {
        var budget = RetryBudget(configuration)
        while true {
            var request = TransportRequest(.GET, WebAddress(origin: base, path: "/v2/"))
            if let header { request.headers.add(name: "Authorization", value: header) }
            do {
                let response = try await transport.execute(request)
                if try await loopback.secured(origin, answers: response.status) != nil {
                    await response.drain()
                    continue
                }
                guard RegistryEndpoint.isTransient(response.status) else { return response }
                await response.drain()
                let wait = RetryAfter.delay(response.headers.first(name: "Retry-After"), now: configuration.clock.date)
                try await budget.pause(unexpected(response, doing: doing), true, retryAfter: wait)
            } catch let failure as TransportFailure {
                if try await loopback.secured(origin, after: failure) != nil { continue }
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
        }
    }

    private func rejection(_ registry: String, _ user: String, _ why: String) -> OCIError {
        OCIError(
            .unauthorized,
            "\(registry) rejects the login of \(quoted(user)): \(why). Check user and password; some registries require a token "
                + "in place of the password. Nothing was stored")
    }

    private func unexpected(_ response: TransportResponse, doing: String) -> OCIError {
        let host = response.address.origin.authority
        guard !RegistryEndpoint.isTransient(response.status) else {
            return OCIError(.unavailable, "\(doing): \(host) answers \(response.status); nothing was stored")
        }
        return OCIError(
            .protocolViolation,
            "\(doing): \(host) answers \(response.status) to /v2/, as no registry does; check the name. Nothing was stored"
        )
    }
}
