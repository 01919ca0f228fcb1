internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// Turns requests into answers: who asks, whether they may, what they say, and what to say to them.
struct ServiceResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let verify: VerifyService
    let promotions: PromotionService
    let tokens: TokenStore
    let lifecycle: Lifecycle
    let metrics: ServiceMetrics
    let limits: ServiceLimits
    let logger: Logger

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        let id = RequestIdentifier.choose(request.headers[.requestID])
        let path = request.head.path.map { $0.prefix { $0 != "?" } }.map(String.init) ?? ""
        let route = Route(path: path)
        var caller: Caller?
        var answer: Answer
        do {
            answer = try await self.answer(request, path: path, route: route, caller: &caller)
        } catch is NIOTooManyBytesError {
            answer = Answer(tooLarge)
        } catch {
            answer = Answer(ServiceError(error))
        }
        let took = ContinuousClock.now - start
        metrics.request(route: route?.name ?? "other", status: answer.status, took: took)
        let level: Logger.Level = answer.status >= 500 ? .warning : route?.isOpen == true ? .debug : .info
        logger.log(
            level: level, "request",
            metadata: [
                "id": "\(id)", "method": "\(request.method.rawValue)", "path": "\(path.prefix(200))",
                "status": .stringConvertible(answer.status), "seconds": .stringConvertible(took.seconds),
                "caller": "\(caller?.name ?? "")",
            ])
        return response(answer, id: id, isHead: request.method == .head)
    }

    private func answer(
        _ request: Request, path: String, route: Route?, caller: inout Caller?
    ) async throws -> Answer {
        guard let route else { throw ServiceError(404, "there is nothing at \(path.prefix(200)); see /openapi.json") }
        guard request.method.rawValue == route.method || (request.method == .head && route.method == "GET") else {
            var answer = Answer(ServiceError(405, "\(route.name) takes \(route.method)"))
            answer.allow = route.method == "GET" ? "GET, HEAD" : route.method
            return answer
        }
        if route.isOpen { return open(route) }
        let known = try tokens.caller(request.headers[values: .authorization])
        caller = known
        try authorise(known, route)
        if case .promotion(let id) = route { return await promotions.answer(id: id) }
        guard !lifecycle.isDraining else { throw ServiceError.draining }
        let body = try await body(request)
        guard route == .promotions else {
            let request = try VerifyRequest(body)
            if let answer = try verify.remembered(request) { return answer }
            return try await withDeadline(limits.requestTime) { try await verify.answer(request) }
        }
        let order = try PromotionOrder(body)
        guard known.mayPromote(to: order.stage) else { throw Self.forbidden(known, "promote:\(order.stage)") }
        return try await withDeadline(limits.requestTime) { try await promotions.answer(order) }
    }

    /// Looks at what can be said before the body is read.
    private func authorise(_ caller: Caller, _ route: Route) throws(ServiceError) {
        guard !caller.roles.isEmpty else { throw ServiceError(401, "write a header `Authorization: Bearer TOKEN`") }
        switch route {
        case .verify where !caller.mayVerify: throw Self.forbidden(caller, "verify")
        case .promotions where !caller.mayPromote: throw Self.forbidden(caller, "promote")
        default: return
        }
    }

    private static func forbidden(_ caller: Caller, _ role: String) -> ServiceError {
        guard caller.name != "anonymous" else { return ServiceError(401, "this needs a token with the role \(role)") }
        return ServiceError(403, "the token \(caller.name) has no role \(role)")
    }

    private var tooLarge: ServiceError {
        ServiceError(413, "the body has more than \(limits.bodySize) bytes, which is the limit")
    }

    private func body(_ request: Request) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.bodySize {
            throw tooLarge
        }
        let buffer = try await request.body.collect(upTo: limits.bodySize)
        return Array(buffer.readableBytesView)
    }

    private func open(_ route: Route) -> Answer {
        switch route {
        case .health: return Answer(200, Status(ok: true))
        case .metrics: return Answer(200, body: Array(metrics.text().utf8), contentType: MetricsText.contentType)
        case .document:
            return Answer(200, body: Array(OpenAPIDocument.json.utf8), contentType: "application/json")
        default:
            if lifecycle.isDraining { return Answer(ServiceError.draining) }
            if let problem = tokens.problem { return Answer(ServiceError(503, problem)) }
            return Answer(200, Status(ok: true))
        }
    }

    private struct Status: Encodable { var ok: Bool }

    private func response(_ answer: Answer, id: String, isHead: Bool) -> Response {
        var headers: HTTPFields = [
            .contentType: answer.contentType, .contentLength: "\(answer.body.count)", .requestID: id,
            .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        if let seconds = answer.retryAfter { headers[.retryAfter] = "\(seconds)" }
        if let methods = answer.allow { headers[.allow] = methods }
        if answer.challenges { headers[.wwwAuthenticate] = "Bearer realm=\"capsule\"" }
        return Response(
            status: .init(code: answer.status), headers: headers,
            body: isHead ? .init() : .init(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}

extension HTTPField.Name {
    // The name follows the grammar, so it is there.
    fileprivate static let requestID = HTTPField.Name("X-Request-Id") ?? .via
}
