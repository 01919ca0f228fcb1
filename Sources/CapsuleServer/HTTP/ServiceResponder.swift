internal import HTTPMessages
internal import HTTPServer
internal import Logging
internal import Support

/// Routes requests: identifies the caller, checks its roles, reads the body, and lets a service respond.
struct ServiceResponder: Responder {
    let basePath: BasePath
    let verify: VerifyService
    let promotions: PromotionService
    let statements: StatementService
    let settings: SettingsStore
    let tokens: TokenStore
    let lifecycle: Lifecycle
    let conditions: WorkConditions
    let metrics: ServiceMetrics
    let cacheSizes: CacheSizes
    let limits: ServiceLimits
    let clock: ServiceClock
    let logger: Logger

    /// Responds before the body is read: to callers that are not allowed, and on routes without a body.
    func response(toHead request: Request) -> Response? {
        var log = RequestLog(request)
        let route = self.route(log.path)
        do throws(ServiceError) {
            guard let response = try response(toHead: request, &log, route) else { return nil }
            return finish(log, route, response)
        } catch {
            return finish(log, route, ServiceResponse(error))
        }
    }

    func isProbe(_ request: Request) -> Bool {
        let isRead = request.method == .GET || request.method == .HEAD
        return isRead && route(request.path)?.isProbe == true
    }

    /// Responds to `POST /verify` from the caches, as `response(to:)` would. While no program can be started, it responds to all
    /// requests: a task might not get a thread.
    func immediateResponse(to request: Request) -> Response? {
        if let response = cachedResponse(to: request) { return response }
        guard let problem = conditions.startProblem else { return nil }
        let log = RequestLog(request)
        let route = self.route(log.path)
        if route == .metrics { return finish(log, route, metricsResponse()) }
        return finish(log, route, ServiceResponse(ServiceError(503, problem)))
    }

    private func cachedResponse(to request: Request) -> Response? {
        guard route(request.target) == .verify, request.method == .POST, request.body.count <= VerdictCache.maximumBody,
            let caller = try? tokens.caller(request.values(of: "authorization")),
            caller.mayVerify, let response = try? verify.cachedResponse(to: request.body)
        else { return nil }
        var log = RequestLog(request)
        log.caller = caller
        return finish(log, .verify, response)
    }

    func response(to request: Request) async -> Response {
        var log = RequestLog(request)
        let route = self.route(log.path)
        var response: ServiceResponse
        do {
            response = try await self.response(to: request, &log, route)
        } catch {
            // The service cancels requests when it stops; before that, only a client that leaves does.
            let isAbandoned = Task.isCancelled && !lifecycle.isDraining
            response = ServiceResponse(isAbandoned ? .abandoned : ServiceError(error))
        }
        return finish(log, route, response)
    }

    /// The response to a request for any other route on the port for probes and metrics.
    func refuseOnHealthPort(_ request: Request) -> Response {
        let log = RequestLog(request)
        let error = ServiceError(404, "this port has the routes /healthz, /readyz and /metrics only")
        return finish(log, nil, ServiceResponse(error))
    }

    func response(to refusal: Refusal) -> Response {
        let error = ServiceError(refusal.status, refusal.reason, retryAfter: refusal.status == 503 ? 1 : nil)
        // A body that is too large belongs to a request whose head was valid.
        if refusal.status == 413, let request = refusal.request {
            var log = RequestLog(request)
            log.caller = try? tokens.caller(request.values(of: "authorization"))
            return finish(log, route(log.path), ServiceResponse(error))
        }
        metrics.refused(refusal.status)
        let response = ServiceResponse(error)
        var headers: HTTPHeaders = ["Content-Type": response.contentType]
        if let seconds = response.retryAfter { headers.add(name: "Retry-After", value: "\(seconds)") }
        return Response(status: response.status, headers: headers, body: response.body)
    }

    /// Counts and logs a response, and adds the header fields.
    private func finish(_ log: RequestLog, _ route: Route?, _ response: ServiceResponse) -> Response {
        let took = log.age
        metrics.request(route: route?.name ?? CountedRoute.unknown, status: response.status, took: took)
        if let failure = response.failure, route?.isProbe != true { metrics.failure(failure) }
        logger.log(
            level: response.status >= 500 ? .warning : route?.isOpen == true ? .debug : .info, "request",
            metadata: log.metadata(response, took))
        return Response(status: response.status, headers: headers(response, id: log.id), body: response.body)
    }

    /// Responds to the head of a request; nil when the body is needed or the response requires a task.
    private func response(
        toHead request: Request, _ log: inout RequestLog, _ route: Route?
    ) throws(ServiceError) -> ServiceResponse? {
        guard let route else {
            throw ServiceError(404, "there is no route \(log.path.prefix(200)); see \(basePath)/openapi.json")
        }
        guard log.method == route.method || (log.method == "HEAD" && route.method == "GET") else {
            var response = ServiceResponse(ServiceError(405, "\(route.name) requires the method \(route.method)"))
            response.allow = route.method == "GET" ? "GET, HEAD" : route.method
            return response
        }
        // The text of the metrics is long, and is written by a task.
        if route == .metrics { return nil }
        if route.isOpen { return respond(openRoute: route) }
        let known = try tokens.caller(request.values(of: "authorization"))
        log.caller = known
        try authorise(known, route)
        return nil
    }

    private func response(
        to request: Request, _ log: inout RequestLog, _ route: Route?
    ) async throws -> ServiceResponse {
        // The caller is checked again, because the tokens may have changed while the body arrived.
        if let response = try response(toHead: request, &log, route) { return response }
        if route == .metrics {
            await cacheSizes.refresh()
            return metricsResponse()
        }
        guard let route, let known = log.caller else { throw ServiceError(500, "the request has no route") }
        switch route {
        case .promotion(let id): return await promotions.response(id: id)
        case .promotions:
            let body = try ServiceError.parsing(request.body, PromotionRequestBody.init)
            log.stage = body.stage
            guard known.mayPromote(to: body.stage) else { throw Self.forbidden(known, "promote:\(body.stage)") }
            return try await withDeadline(limits.requestTime, clock: clock) { try await promotions.response(to: body) }
        case .statements:
            let body = try ServiceError.parsing(request.body, StatementRequestBody.init)
            log.stage = body.stage
            guard known.mayAttest(body.stage) else { throw Self.forbidden(known, "attest:\(body.stage)") }
            return try await withDeadline(limits.requestTime, clock: clock) { try await statements.response(to: body) }
        default:
            let body = request.body
            if let response = try verify.cachedResponse(to: body) { return response }
            let parsed = try verify.request(body)
            log.stage = parsed.render?.stage
            return try await withDeadline(limits.requestTime, clock: clock) {
                try await verify.response(to: parsed, body, for: known)
            }
        }
    }

    private func metricsResponse() -> ServiceResponse {
        ServiceResponse(200, body: Array(metrics.text().utf8), contentType: MetricsText.contentType)
    }

    /// Checks the roles that can be checked before the body is read.
    private func authorise(_ caller: Caller, _ route: Route) throws(ServiceError) {
        guard !caller.roles.isEmpty else {
            throw ServiceError(401, "a token is required; send a header `Authorization: Bearer TOKEN`")
        }
        switch route {
        case .verify where !caller.mayVerify: throw Self.forbidden(caller, "verify")
        case .promotions where !caller.mayPromote: throw Self.forbidden(caller, "promote")
        case .statements where !caller.mayAttest: throw Self.forbidden(caller, "attest")
        default: return
        }
    }

    private static func forbidden(_ caller: Caller, _ role: String) -> ServiceError {
        guard caller.name != "anonymous" else { return ServiceError(401, "a token with the role \(role) is required") }
        return ServiceError(403, "the token \(caller.name) does not have the role \(role)")
    }

    private func respond(openRoute route: Route) -> ServiceResponse {
        switch route {
        case .health:
            if let problem = conditions.lastingProblem { return ServiceResponse(ServiceError(503, problem)) }
            return ServiceResponse(200, Status(ok: true))
        case .document:
            return ServiceResponse(200, body: OpenAPIDocument.json(under: basePath), contentType: "application/json")
        default:
            if let unreadiness { return ServiceResponse(unreadiness) }
            return ServiceResponse(200, Status(ok: true, warning: settings.problem.map(Self.warning)))
        }
    }

    /// The reason not to send requests to this service; nil when there is none.
    var unreadiness: ServiceError? {
        if lifecycle.isDraining { return .draining }
        return (tokens.problem ?? conditions.problem).map { ServiceError(503, $0) }
    }

    private func route(_ path: String) -> Route? { Route(path: path, under: basePath) }

    private struct Status: Encodable {
        var ok: Bool
        /// What an operator should know although work does not fail.
        var warning: String?
    }

    /// With the last good settings, work goes on: a wrong file that every replica reads must not end the service.
    private static func warning(_ problem: String) -> String {
        "the settings cannot be read again, and the last ones stay in force: \(problem)"
    }

    private func headers(_ response: ServiceResponse, id: String) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Content-Type": response.contentType, "X-Request-Id": id, "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        ]
        if let seconds = response.retryAfter { headers.add(name: "Retry-After", value: "\(seconds)") }
        if let methods = response.allow { headers.add(name: "Allow", value: methods) }
        if response.challenges { headers.add(name: "WWW-Authenticate", value: "Bearer realm=\"capsule\"") }
        return headers
    }
}
