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
    let statements: StatementService
    let tokens: TokenStore
    let lifecycle: Lifecycle
    let metrics: ServiceMetrics
    let limits: ServiceLimits
    let logger: Logger
    /// The time in seconds since 1970.
    let now: @Sendable () -> Int64
    private let date = SecondText(HTTPDate.text)

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let log = RequestLog(request.head)
        let route = Route(path: log.path)
        var caller: Caller?
        var answer: Answer
        do {
            answer = try await self.answer(request, path: log.path, route: route, caller: &caller)
        } catch is NIOTooManyBytesError {
            answer = Answer(tooLarge)
        } catch {
            answer = Answer(ServiceError(error))
        }
        observe(log, route, answer, caller)
        return Response(
            status: .init(code: answer.status), headers: fields(answer, id: log.id),
            body: request.method == .head ? .init() : .init(byteBuffer: answer.body))
    }

    /// A request that may be one that is remembered.
    struct Recall {
        fileprivate let log: RequestLog
        fileprivate let caller: Caller
    }

    /// Whether it is worth a look into the memory, as far as the head says: nil for what is none of a verification's, and for
    /// whoever may not ask for one.
    func recall(_ head: HTTPRequest) -> Recall? {
        guard head.path == "/verify", head.method == .post, !lifecycle.isDraining,
            head.headerFields[.connection] == nil, head.headerFields[.expect] == nil,
            head.headerFields[.contentLength].flatMap({ Int($0) }) ?? 0 <= VerdictMemo.maximumBody,
            let caller = try? tokens.caller(head.headerFields[values: .authorization]), caller.mayVerify
        else { return nil }
        return Recall(log: RequestLog(head), caller: caller)
    }

    /// The answer out of memory, as `respond` would give it; nil when it is not there.
    func respond(to recall: Recall, body: ByteBuffer) -> (HTTPResponse, ByteBuffer)? {
        guard let answer = try? verify.remembered(body) else { return nil }
        observe(recall.log, .verify, answer, recall.caller)
        var fields = fields(answer, id: recall.log.id)
        fields[.date] = date[now()]
        return (HTTPResponse(status: .init(code: answer.status), headerFields: fields), answer.body)
    }

    /// Counts an answer, and writes it to the log.
    private func observe(_ log: RequestLog, _ route: Route?, _ answer: Answer, _ caller: Caller?) {
        let took = ContinuousClock.now - log.start
        metrics.request(route: route?.name ?? "other", status: answer.status, took: took)
        let level: Logger.Level = answer.status >= 500 ? .warning : route?.isOpen == true ? .debug : .info
        var metadata: Logger.Metadata = [
            "id": "\(log.id)", "method": "\(log.method)", "path": "\(log.path.prefix(200))",
            "status": .stringConvertible(answer.status), "seconds": .stringConvertible(took.seconds),
            "caller": "\(caller?.name ?? "")",
        ]
        if let reason = answer.reason { metadata["reason"] = "\(reason)" }
        logger.log(level: level, "request", metadata: metadata)
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
        switch route {
        case .promotions:
            let order = try PromotionOrder(Array(body.readableBytesView))
            guard known.mayPromote(to: order.stage) else { throw Self.forbidden(known, "promote:\(order.stage)") }
            return try await withDeadline(limits.requestTime) { try await promotions.answer(order) }
        case .statements:
            let order = try StatementOrder(Array(body.readableBytesView))
            guard known.mayAttest(order.stage) else { throw Self.forbidden(known, "attest:\(order.stage)") }
            return try await withDeadline(limits.requestTime) { try await statements.answer(order) }
        default:
            if let answer = try verify.remembered(body) { return answer }
            return try await withDeadline(limits.requestTime) { try await verify.answer(body, to: known) }
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

    private var tooLarge: ServiceError {
        ServiceError(413, "the body has more than \(limits.bodySize) bytes, which is the limit")
    }

    private func body(_ request: Request) async throws -> ByteBuffer {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limits.bodySize {
            throw tooLarge
        }
        return try await request.body.collect(upTo: limits.bodySize)
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

    private func fields(_ answer: Answer, id: String) -> HTTPFields {
        var fields: HTTPFields = [
            .contentType: answer.contentType, .contentLength: "\(answer.body.readableBytes)", .requestID: id,
            .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        if let seconds = answer.retryAfter { fields[.retryAfter] = "\(seconds)" }
        if let methods = answer.allow { fields[.allow] = methods }
        if answer.challenges { fields[.wwwAuthenticate] = "Bearer realm=\"capsule\"" }
        return fields
    }
}

/// What the log says about a request before it is answered.
private struct RequestLog {
    let start = ContinuousClock.now
    let id: String
    let method: String
    let path: String

    init(_ head: HTTPRequest) {
        id = RequestIdentifier.choose(head.headerFields[.requestID])
        method = head.method.rawValue
        path = head.path.map { $0.prefix { $0 != "?" } }.map(String.init) ?? ""
    }
}

extension HTTPField.Name {
    // The name follows the grammar, so it is there.
    fileprivate static let requestID = HTTPField.Name("X-Request-Id") ?? .via
}
