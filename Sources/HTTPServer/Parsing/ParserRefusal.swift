/// The response to bytes that are not a valid request; the connection is closed after it.
struct ParserRefusal: Error, Hashable {
    /// The HTTP status.
    let status: Int
    /// One line for the client.
    let reason: String

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    static let notHTTP = ParserRefusal(400, "this is not an HTTP request")
    static let malformedField = ParserRefusal(400, "a header field of the request is malformed")
    static let ambiguousLength = ParserRefusal(400, "the length of the request's body is ambiguous")
    static let malformedChunk = ParserRefusal(400, "the chunks of the request's body are malformed")

    static func tooManyConnections(_ limit: Int) -> ParserRefusal {
        ParserRefusal(503, "more connections are open than the limit of \(limit); try again in a moment")
    }

    static func late(_ part: String, _ limit: Duration) -> ParserRefusal {
        ParserRefusal(408, "the \(part) of the request did not arrive within the limit of \(limit)")
    }

    static func bodyTooLarge(_ limit: Int) -> ParserRefusal {
        ParserRefusal(413, "the body is larger than the limit of \(limit) bytes")
    }
}
