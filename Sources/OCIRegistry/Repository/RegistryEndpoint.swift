internal import HTTPMessages
internal import Logging
internal import OCI

/// The API of one repository on its registry: adds authentication, redirects and retries to `HTTPTransport`.
struct RegistryEndpoint: Sendable {
    let repository: Repository
    /// The registry's origin by its name and the configuration.
    let origin: Origin
    let loopback: LoopbackTLS
    let transport: HTTPTransport
    let authenticator: Authenticator
    let headLengths: HeadLengths
    let configuration: RegistryConfiguration

    /// The registry's origin.
    var base: Origin { loopback.current(origin) }

    /// The repository's name in paths and scopes.
    var name: String { RegistryName.apiName(repository) }

    /// `/v2/NAME/…`
    func address(_ rest: String) -> WebAddress { WebAddress(origin: base, path: "/v2/\(name)/\(rest)") }

    var logMetadata: Logger.Metadata { ["registry": "\(repository.registry)", "repository": "\(repository.name)"] }

    /// Sends a request and repeats it after transient failures. For idempotent requests only.
    ///
    /// - Throws: `OCIError` after the last try.
    func exchange(_ request: TransportRequest, scope: TokenScope, doing: String) async throws -> TransportResponse {
        var budget = RetryBudget(configuration, metadata: logMetadata)
        while true {
            do {
                let response = try await send(request, scope: scope, doing: doing)
                guard Self.isTransient(response.status) else { return response }
                try await pause(&budget, response, doing: doing)
            } catch let failure as TransportFailure {
                try await budget.pause(failure.error(doing), failure.isTransient)
            }
        }
    }

    /// Waits after a transient error response.
    func pause(_ budget: inout RetryBudget, _ response: TransportResponse, doing: String) async throws {
        let wait = RetryAfter.delay(
            response.headers.first(name: "Retry-After"), now: configuration.clock.date)
        let error = await failure(response, doing: doing)
        try await budget.pause(error, true, retryAfter: wait)
    }

    /// The maximum number of 401 responses to one request after which it is sent again: the challenge, and a rejection of the
    /// login that was renewed meanwhile.
    private static let maximumChallenges = 2

    /// True when a response with this status is transient.
    static func isTransient(_ status: Int) -> Bool {
        status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505)
    }

    /// True when a response refuses HEAD, and GET may succeed: a registry may not support HEAD, and the storage that a
    /// registry redirects to may have signed its address for GET only. The response to GET also has the reason as text.
    func refusesHead(_ response: TransportResponse) -> Bool {
        let status = response.status
        if [400, 405, 501].contains(status) { return true }
        return response.address.origin != base && (400..<500).contains(status) && status != 404
            && !Self.isTransient(status)
    }

    /// Sends a request: answers one authentication challenge, and another when the login was renewed; follows redirects of reads.
    ///
    /// A streamed body cannot be sent twice: a 401 is returned then, and the new token is cached for the next request.
    ///
    /// - Throws: `TransportFailure`, also for a streamed body whose login was renewed after a 403: another try can succeed.
    func send(_ request: TransportRequest, scope: TokenScope, doing: String) async throws -> TransportResponse {
        var request = request
        var hops = 0
        var challenges = 0
        var isRenewed = false
        while true {
            let isHome = request.address.origin == base
            let authorization =
                isHome ? try await authenticator.authorization(for: repository, at: base, scope: scope) : nil
            request.headers.remove(name: "Authorization")
            if let authorization { request.headers.add(name: "Authorization", value: authorization.header) }
            let response: TransportResponse
            do {
                response = try await transport.execute(request)
                if isHome, let secure = try await loopback.secured(origin, answers: response.status) {
                    await response.drain()
                    request.address = request.address.at(secure)
                    continue
                }
            } catch let failure as TransportFailure {
                guard isHome, !request.body.isStream,
                    let secure = try await loopback.secured(origin, after: failure)
                else { throw failure }
                request.address = request.address.at(secure)
                continue
            }
            if response.status == 401, isHome {
                let refusal = challenges > 0 ? await refusal(response) : nil
                let said = refusal.flatMap { $0.isSilent ? nil : $0.summary }
                await response.drain()
                guard challenges < Self.maximumChallenges else {
                    throw authenticator.unauthorized(repository, login: authorization?.login, said: said)
                }
                try await authenticator.answer(
                    response.headers, rejected: authorization, isAgain: challenges > 0, said: said,
                    repository: repository,
                    registry: base, scope: scope)
                challenges += 1
                if case .stream = request.body { return response }
                continue
            }
            // Some registries refuse a login that has ended in this way, ECR among them.
            if response.status == 403, isHome, !isRenewed,
                await authenticator.isRenewed(since: authorization, for: repository)
            {
                await response.drain()
                isRenewed = true
                guard !request.body.isStream else { throw TransportFailure("the login was renewed") }
                continue
            }
            guard [301, 302, 303, 307, 308].contains(response.status) else { return response }
            await response.drain()
            guard request.method == .GET || request.method == .HEAD else {
                throw OCIError(
                    .protocolViolation,
                    "\(doing): \(base.authority) redirects a write, which is rejected; ask the registry's operator")
            }
            hops += 1
            guard hops <= configuration.limits.redirects else {
                throw OCIError(
                    .protocolViolation,
                    "\(doing): more than \(configuration.limits.redirects) redirects, the last from "
                        + "\(request.address.origin.authority)")
            }
            request.address = try redirect(response, doing: doing)
        }
    }

    private func redirect(_ response: TransportResponse, doing: String) throws -> WebAddress {
        let from = response.address
        func rejection(_ why: String) -> OCIError {
            OCIError(
                .protocolViolation, "\(doing): the redirect from \(from.origin.authority) is rejected: \(why)")
        }
        guard let location = response.headers.first(name: "Location") else {
            throw rejection("it has no Location header")
        }
        let target: WebAddress
        do { target = try from.resolving(location) } catch {
            throw rejection("its Location is invalid: \(error.description)")
        }
        if from.origin.scheme == .https, target.origin.scheme == .http {
            throw rejection("it leads from https to http, to \(target.origin.authority)")
        }
        guard target.origin.scheme == .https || configuration.plainHTTP.allows(target.origin) else {
            throw rejection("plain HTTP to \(target.origin.authority) is not allowed")
        }
        return target
    }
}
