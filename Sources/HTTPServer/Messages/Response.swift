package import HTTPMessages

/// A response. The server adds the fields of the connection: `Content-Length`, `Date`, `Connection`.
package struct Response: Sendable {
    /// The HTTP status, 200 to 599.
    package var status: Int
    /// The header fields, without those that the server adds. Control characters in a value are sent as spaces.
    package var headers: HTTPHeaders
    /// The body. It is not sent in response to `HEAD`, nor with 204 and 304.
    package var body: [UInt8]

    /// A response with this status, these fields and this body.
    package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// A request that the server itself rejects. The connection is closed after the response.
package struct Refusal: Sendable {
    /// The HTTP status: 400, 408, 413, 417, 431, 501, 503 or 505.
    package let status: Int
    /// One line for the client.
    package let reason: String
    /// The request, without a body, when its head could be read.
    package let request: Request?
}
