public import HTTPMessages

/// An answer: its head, and its body to be read.
public struct HTTPResponse: Sendable {
    /// From 200 to 999.
    public let status: Int
    /// The header fields. Those after the body are dropped.
    public let headers: HTTPHeaders
    /// The body, to be read once.
    public let body: HTTPResponseBody
}
