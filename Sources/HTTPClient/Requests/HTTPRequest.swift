public import HTTPMessages

/// One request, sent once: no redirects, no cookies, nothing from `.netrc`, no decompression.
///
/// A request that a kept connection did not answer fails, and may work at once over a new one.
public struct HTTPRequest: Sendable {
    /// The body of a request.
    public enum Body: Sendable {
        /// No body. `POST`, `PUT` and `PATCH` say that its length is 0.
        case none
        /// These bytes.
        case bytes([UInt8])
        /// As many bytes as said, from a source.
        case source(any UploadSource, length: Int64)
    }

    /// The method.
    public var method: HTTPMethod
    /// Where it goes.
    public var origin: HTTPOrigin
    /// Path and query, as they are sent. Begins with a slash.
    public var target: String
    /// The header fields. `Host`, `Connection`, and what describes the body's length are not for the caller to set.
    public var headers: HTTPHeaders
    /// The body.
    public var body: Body
    /// What to go through; nil to go there directly. The environment is not looked at.
    public var proxy: HTTPProxy?
    /// How long until the head of the answer is there, the wait for a free connection included.
    public var headDeadline: Duration?
    /// How long until the whole answer is there; time in which nobody reads it counts.
    public var deadline: Duration?

    /// A request without deadlines, to be sent directly.
    public init(
        _ method: HTTPMethod, _ origin: HTTPOrigin, _ target: String, headers: HTTPHeaders = [:], body: Body = .none
    ) {
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.body = body
    }
}
