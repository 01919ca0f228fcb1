internal import HTTPMessages
internal import HTTPServer
internal import Logging

/// Turns requests into answers: who asks, whether they may, what they say, and what to say to them.
struct ServiceResponder: Responder {
    let verify: VerifyService
    let promotions: PromotionService
    let statements: StatementService
    let tokens: TokenStore
    let lifecycle: Lifecycle
    let metrics: ServiceMetrics
    let limits: ServiceLimits
    let logger: Logger

    /// What can be said before the body is read: who may not ask, and what needs none.
    func answer(toHead request: Request) -> Response? {
        let log = RequestLog(request)
        let route = Route(path: log.path)
        var caller: Caller?
        do throws(ServiceError) {
            guard let answer = try answer(byHead: request, log, route, caller: &caller) else { return nil }
            return respond(log, route, answer, caller)
        } catch {
            return respond(log, route, Answer(error), caller)
        }
    }

    /// The answer out of memory, as a task would give it.
    func recall(_ request: Request) -> Response? {
        guard request.target == "/verify", request.method == .POST, request.body.count <= VerdictMemo.maximumBody,
            !lifecycle.isDraining, let caller = try? tokens.caller(request.values(of: "authorization")),
            caller.mayVerify, let answer = try? verify.remembered(request.body)
        else { return nil }
        return respond(RequestLog(request), .verify, answer, caller)
    }

    func answer(to request: Request) async -> Response {
        let log = RequestLog(request)
        let route = Route(path: log.path)
        var caller: Caller?
        var answer: Answer
        do {
            answer = try await self.answer(request, log, route, caller: &caller)
        } catch {
            answer = Answer(ServiceError(error))
        }
        return respond(log, route, answer, caller)
    }

    func refuse(_ refusal: Refusal) -> Response {
        let error = ServiceError(refusal.status, refusal.reason, retryAfter: refusal.status == 503 ? 1 : nil)
        // A body that is too large belongs to a request that was understood.
        if refusal.status == 413, let request = refusal.request {
            let log = RequestLog(request)
            let caller = try? tokens.caller(request.values(of: "authorization"))
            return respond(log, Route(path: log.path), Answer(error), caller)
        }
        metrics.refused(refusal.status)
        let answer = Answer(error)
        var headers: HTTPHeaders = ["Content-Type": answer.contentType]
        if let seconds = answer.retryAfter { headers.add(name: "Retry-After", value: "\(seconds)") }
        return Response(status: answer.status, headers: headers, body: answer.body)
    }

    /// Counts an answer, writes it to the log, and makes a response of it.
    private func respond(_ log: RequestLog, _ route: Route?, _ answer: Answer, _ caller: Caller?) -> Response {
        let took = ContinuousClock.now - log.start
        metrics.request(route: route?.name ?? "other", status: answer.status, took: took)
        logger.log(
            level: answer.status >= 500 ? .warning : route?.isOpen == true ? .debug : .info, "request",
            metadata: log.metadata(answer, took, caller))
        return Response(status: answer.status, headers: headers(answer, id: log.id), body: answer.body)
    }

    /// Answers by the head; nil when the body is needed, or has to be waited for.
    private func answer(
        byHead request: Request, _ log: RequestLog, _ route: Route?, caller: inout Caller?
    ) throws(ServiceError) -> Answer? {
        guard let route else {
            throw ServiceError(404, "there is nothing at \(log.path.prefix(200)); see /openapi.json")
        }
        guard log.method == route.method || (log.method == "HEAD" && route.method == "GET") else {
            var answer = Answer(ServiceError(405, "\(route.name) takes \(route.method)"))
            answer.allow = route.method == "GET" ? "GET, HEAD" : route.method
            return answer
        }
        if route.isOpen { return open(route) }
        let known = try tokens.caller(request.values(of: "authorization"))
        caller = known
        try authorise(known, route)
        if case .promotion = route { return nil }
        guard !lifecycle.isDraining else { throw ServiceError.draining }
        return nil
    }

    private func answer(
        _ request: Request, _ log: RequestLog, _ route: Route?, caller: inout Caller?
    ) async throws -> Answer {
        // Asked again: tokens come and go while a body is on its way.
        if let answer = try answer(byHead: request, log, route, caller: &caller) { return answer }
        guard let route, let known = caller else { throw ServiceError(500, "the request has no route") }
        switch route {
        case .promotion(let id): return await promotions.answer(id: id)
        case .promotions:
            let order = try PromotionOrder(request.body)
            guard known.mayPromote(to: order.stage) else { throw Self.forbidden(known, "promote:\(order.stage)") }
            return try await withDeadline(limits.requestTime) { try await promotions.answer(order) }
        case .statements:
            let order = try StatementOrder(request.body)
            guard known.mayAttest(order.stage) else { throw Self.forbidden(known, "attest:\(order.stage)") }
            return try await withDeadline(limits.requestTime) { try await statements.answer(order) }
        default:
            let body = request.body
            if let answer = try verify.remembered(body) { return answer }
            // A clock is set only for what may take long.
            let asked = try verify.request(body)
            return try await withDeadline(limits.requestTime) { try await verify.answer(asked, body, to: known) }
        }
    }

    /// Looks at what can be said before the body is read.
    private func authorise(_ caller: Caller, _ route: Route) throws(ServiceError) {
        guard !caller.roles.isEmpty else { throw ServiceError(401, "write a header `Authorization: Bearer TOKEN`") }
        switch route {
        case .verify where !caller.mayVerify: throw Self.forbidden(caller, "verify")
        case .promotions where !caller.mayPromote: throw Self.forbidden(caller, "promote")
        case .statements where !caller.mayAttest: throw Self.forbidden(caller, "attest")
        default: return
        }
    }

    private static func forbidden(_ caller: Caller, _ role: String) -> ServiceError {
        guard caller.name != "anonymous" else { return ServiceError(401, "this needs a token with the role \(role)") }
        return ServiceError(403, "the token \(caller.name) has no role \(role)")
    }

    private func open(_ route: Route) -> Answer {
        switch route {
        case .health: return Answer(200, Status(ok: true))
        case .metrics: return Answer(200, body: Array(metrics.text().utf8), contentType: MetricsText.contentType)
        case .document:
            return Answer(200, body: OpenAPIDocument.json, contentType: "application/json")
        default:
            if lifecycle.isDraining { return Answer(ServiceError.draining) }
            if let problem = tokens.problem { return Answer(ServiceError(503, problem)) }
            return Answer(200, Status(ok: true))
        }
    }

    private struct Status: Encodable { var ok: Bool }

    private func headers(_ answer: Answer, id: String) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Content-Type": answer.contentType, "X-Request-Id": id, "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        ]
        if let seconds = answer.retryAfter { headers.add(name: "Retry-After", value: "\(seconds)") }
        if let methods = answer.allow { headers.add(name: "Allow", value: methods) }
        if answer.challenges { headers.add(name: "WWW-Authenticate", value: "Bearer realm=\"capsule\"") }
        return headers
    }
}
