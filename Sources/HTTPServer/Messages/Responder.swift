internal import HTTPMessages

/// Responds to requests.
///
/// All functions but the last are called on the thread that serves every connection: they must not block.
package protocol Responder: Sendable {
    /// The response to the head alone; nil when the body is needed. The connection is closed if part of the body has
    /// not arrived.
    func response(toHead request: Request) -> Response?

    /// True for a request that is answered over the limit of connections: a probe whose failure would have the server
    /// restarted, and what an operator reads to find out why.
    func isProbe(_ request: Request) -> Bool

    /// The response to a complete request when it requires no task; nil begins one.
    func immediateResponse(to request: Request) -> Response?

    /// The response to a request that the server rejects.
    func response(to refusal: Refusal) -> Response

    /// The response to a complete request. The task is cancelled when the connection breaks, but not when the client
    /// has only closed its sending side.
    func response(to request: Request) async -> Response
}

extension Responder {
    /// Returns nil, so that every request is read to its end.
    package func response(toHead request: Request) -> Response? { nil }

    /// Returns false: no request is answered over the limit of connections.
    package func isProbe(_ request: Request) -> Bool { false }

    /// Returns nil: every response requires a task.
    package func immediateResponse(to request: Request) -> Response? { nil }

    /// A response with the reason as text.
    package func response(to refusal: Refusal) -> Response {
        Response(
            status: refusal.status, headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: Array((refusal.reason + "\n").utf8))
    }
}
