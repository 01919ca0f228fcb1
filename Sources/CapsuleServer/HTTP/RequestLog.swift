internal import HTTPMessages
internal import HTTPServer
internal import Logging

/// What the log says about a request.
struct RequestLog {
    let start: ContinuousClock.Instant
    let id: String
    let method: String
    let path: String

    init(_ request: Request) {
        start = request.received
        id = RequestIdentifier.choose(request.value(of: "x-request-id"))
        method = request.method.rawValue
        path = request.path
    }

    /// The fields of its line.
    func metadata(_ response: ServiceResponse, _ took: Duration, _ caller: Caller?) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "id": .text(id), "method": .text(method),
            "path": .text(path.utf8.count <= 200 ? path : String(path.prefix(200))),
            "status": .integer(response.status), "seconds": .decimal(took.seconds), "caller": .text(caller?.name ?? ""),
        ]
        if let reason = response.reason { metadata["reason"] = .text(reason) }
        return metadata
    }
}
