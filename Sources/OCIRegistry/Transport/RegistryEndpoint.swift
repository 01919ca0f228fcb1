internal import HTTPMessages
internal import Logging
internal import OCI

/// The API of one repository on its registry: authentication, redirects and retries around the wire.
struct RegistryEndpoint: Sendable {
    let repository: Repository
    let base: Origin
    let wire: Wire
    let authenticator: Authenticator
    let context: ClientContext

    /// The repository's name in paths and scopes.
    var name: String { RegistryName.apiName(repository) }

    /// `/v2/NAME/…`
    func address(_ rest: String) -> WebAddress { WebAddress(origin: base, path: "/v2/\(name)/\(rest)") }

    var logMetadata: Logger.Metadata { ["registry": "\(repository.registry)", "repository": "\(repository.name)"] }

    /// Sends a request until there is an answer that trying again would not change. Only for what is safe to repeat.
    ///
    /// - Throws: `OCIError` after the last try.
    func exchange(_ request: WireRequest, scope: TokenScope, doing: String) async throws -> WireResponse {
        var budget = RetryBudget(context, metadata: logMetadata)
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

    /// Pauses after an answer that may be better next time.
    func pause(_ budget: inout RetryBudget, _ response: WireResponse, doing: String) async throws {
        let wait = RetryAfter.delay(
            response.headers.first(name: "Retry-After"), now: context.configuration.clock.date)
        let error = await failure(response, doing: doing)
        try await budget.pause(error, true, retryAfter: wait)
    }

    /// Whether the same request may be answered otherwise in a moment.
    static func isTransient(_ status: Int) -> Bool {
        status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505)
    }

    /// Sends a request once: asks for a token when the registry wants one, once, and follows redirects of reads.
    ///
    /// A streamed body cannot be sent twice: then a 401 is the answer, with the new token at hand for the next request.
    func send(_ request: WireRequest, scope: TokenScope, doing: String) async throws -> WireResponse {
        var request = request
        var hops = 0
        var asked = false
        while true {
            let isHome = request.address.origin == base
            let header = isHome ? try await authenticator.header(for: repository, at: base, scope: scope) : nil
            request.headers.remove(name: "Authorization")
            if let header { request.headers.add(name: "Authorization", value: header) }
            let response = try await wire.execute(request)
            if response.status == 401, isHome {
                await response.drain()
                if asked {
                    throw authenticator.unauthorized(
                        repository, credential: try await authenticator.credential(for: repository))
                }
                asked = true
                _ = try await authenticator.answer(
                    response.headers, rejected: header, repository: repository, registry: base, scope: scope)
                if case .stream = request.body { return response }
                continue
            }
            guard [301, 302, 303, 307, 308].contains(response.status) else { return response }
            await response.drain()
            guard request.method == .GET || request.method == .HEAD else {
                throw OCIError(
                    .protocolViolation,
                    "\(doing): \(base.authority) redirects a write, which is refused; ask whoever runs the registry")
            }
            hops += 1
            guard hops <= context.configuration.limits.redirects else {
                throw OCIError(
                    .protocolViolation,
                    "\(doing): more than \(context.configuration.limits.redirects) redirects, the last from "
                        + "\(request.address.origin.authority)")
            }
            request.address = try redirect(response, doing: doing)
        }
    }

    private func redirect(_ response: WireResponse, doing: String) throws -> WebAddress {
        let from = response.address
        func refused(_ why: String) -> OCIError {
            OCIError(
                .protocolViolation, "\(doing): the redirect from \(from.origin.authority) is refused: \(why)")
        }
        guard let location = response.headers.first(name: "Location") else { throw refused("it leads nowhere") }
        let target: WebAddress
        do { target = try from.resolving(location) } catch { throw refused("of its address, \(error.description)") }
        if from.origin.scheme == .https, target.origin.scheme == .http {
            throw refused("it leads from https to http, to \(target.origin.authority)")
        }
        guard target.origin.scheme == .https || context.plainHTTP.allows(target.origin) else {
            throw refused("\(target.origin.authority) is not to be spoken to without TLS")
        }
        return target
    }
}
