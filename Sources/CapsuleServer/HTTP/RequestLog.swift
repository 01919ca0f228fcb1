internal import HTTPMessages
internal import HTTPServer
internal import Logging

/// The log entry of a request.
struct RequestLog {
    /// The maximum number of bytes of a text that the client chose.
    private static let maximumText = 200

    private let request: Request
    let id: String
    let method: String
    let path: String
    /// The caller, once its token is known.
    var caller: Caller?
    /// The stage that the request names, once its body is parsed.
    var stage: String?

    init(_ request: Request) {
        self.request = request
        id = RequestIdentifier.choose(request.value(of: "x-request-id"))
        method = request.method.rawValue
        path = request.path
    }

    /// The time since the head of the request was complete.
    var age: Duration { request.age }

    /// The fields of the entry.
    func metadata(_ response: ServiceResponse, _ took: Duration) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "id": .text(id), "method": .text(method), "path": .text(Self.shortened(path)),
            "status": .integer(response.status), "milliseconds": .decimal(took.milliseconds),
            "caller": .text(caller?.name ?? ""), "client": .text(request.client),
        ]
        if let reason = response.reason { metadata["reason"] = .text(reason) }
        if let stage = stage ?? response.stage { metadata["stage"] = .text(stage) }
        if let promotion = response.promotion { metadata["promotion"] = .text(promotion) }
        if let parent = request.value(of: "traceparent"), TraceParent.isValid(parent) {
            metadata["traceparent"] = .text(parent)
        }
        if let forwarded = request.value(of: "x-forwarded-for") {
            metadata["forwarded_for"] = .text(Self.shortened(forwarded))
        }
        return metadata
    }

    private static func shortened(_ text: String) -> String {
        text.utf8.count <= maximumText ? text : String(text.prefix(maximumText))
    }
}

/// The trace that a request belongs to, as its client says.
enum TraceParent {
    /// True for the text of a header field `traceparent`: version, trace, parent and flags in lowercase hexadecimal.
    ///
    /// https://www.w3.org/TR/trace-context/#traceparent-header
    static func isValid(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [2, 32, 16, 2], !parts[0].elementsEqual("ff".utf8) else { return false }
        let isHex = text.utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) }
        return isHex && parts[1...2].allSatisfy { part in part.contains { $0 != UInt8(ascii: "0") } }
    }
}

extension Duration {
    /// Whole microseconds, as milliseconds.
    fileprivate var milliseconds: Double {
        Double(components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000) / 1_000
    }
}
