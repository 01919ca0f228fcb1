internal import HTTPMessages
internal import HTTPServer
internal import Logging

/// The log entry of a request.
struct RequestLog {
    private let request: Request
    let id: String
    let method: String
    let path: String

    init(_ request: Request) {
        self.request = request
        id = RequestIdentifier.choose(request.value(of: "x-request-id"))
        method = request.method.rawValue
        path = request.path
    }

    /// The time since the head of the request was complete.
    var age: Duration { request.age }

    /// The fields of the entry.
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
