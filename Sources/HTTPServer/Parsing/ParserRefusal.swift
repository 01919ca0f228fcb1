/// Why bytes are not taken for a request: what is answered, before the connection ends.
struct ParserRefusal: Error, Hashable {
    /// The HTTP status.
    let status: Int
    /// One line for whoever sent it.
    let reason: String

    init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    static let notHTTP = ParserRefusal(400, "this is no HTTP request")
    static let malformedField = ParserRefusal(400, "a header field of the request is malformed")
    static let ambiguousLength = ParserRefusal(400, "the length of the request's body is ambiguous")
    static let malformedChunk = ParserRefusal(400, "the chunks of the request's body are malformed")

    static func bodyTooLarge(_ limit: Int) -> ParserRefusal {
        ParserRefusal(413, "the body has more than \(limit) bytes, which is the limit")
    }
}
