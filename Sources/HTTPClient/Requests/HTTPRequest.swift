package import HTTPMessages

/// One request, sent once: no redirects, no cookies, nothing from `.netrc`, no decompression.
///
/// A request fails when a kept connection closes before the response. Another try may succeed over a new connection.
package struct HTTPRequest: Sendable {
    /// The body of a request.
    package enum Body: Sendable {
        /// No body. `POST`, `PUT` and `PATCH` send a length of 0.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// `length` bytes from a source.
        case source(any UploadSource, length: Int64)
    }

    /// The method.
    package var method: HTTPMethod
    /// The origin that it is sent to.
    package var origin: HTTPOrigin
    /// Path and query as sent. Begins with a slash.
    package var target: String
    /// The header fields. The client sets `Host`, `Connection`, and the fields for the body's length.
    package var headers: HTTPHeaders
    /// The body.
    package var body: Body
    /// The proxy; nil for a direct connection. The environment is not read.
    package var proxy: HTTPProxy?
    /// True when no kept connection is used.
    package var usesNewConnection = false
    /// The time limit for the head of the response, including the wait for a free connection. It begins anew when the whole
    /// body was sent, and includes the time that its last bytes need then: until then the idle time and the rate decide, and
    /// from then on this limit alone.
    package var headDeadline: Duration?
    /// The time limit for the whole response, including time in which it is not read.
    package var deadline: Duration?

    /// The number of bytes to send.
    var bodyLength: Int64 {
        switch body {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .source(_, let length): length
        }
    }

    /// True when there is a body to send.
    var hasBody: Bool { bodyLength > 0 }

    /// A request without deadlines, to be sent directly.
    package init(
        _ method: HTTPMethod, _ origin: HTTPOrigin, _ target: String, headers: HTTPHeaders = [:], body: Body = .none
    ) {
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// A source for the body of a request.
package protocol UploadSource: Sendable {
    /// Waits for bytes and returns at least one and at most `count`; nil at the end.
    ///
    /// One task at a time calls it, only while `HTTPClient.send` runs. The task is cancelled when the request ends early, and
    /// `send` waits for it: it must respond to cancellation.
    ///
    /// - Throws: any error; `HTTPClient.send` throws the same.
    func next(atMost count: Int) async throws -> [UInt8]?
}
