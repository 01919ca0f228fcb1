internal import HTTPMessages

/// What answers requests.
///
/// All but the last of these are called on the thread that serves every connection: they must not wait for anything.
package protocol Responder: Sendable {
    /// The answer when it can be given by the head alone: the body is not waited for, and the connection ends where some of it
    /// is still to come. Nil asks for the body.
    func response(toHead request: Request) -> Response?

    /// The answer to a whole request when it is in memory; nil begins a task.
    func cachedResponse(to request: Request) -> Response?

    /// What is answered to what the server does not take.
    func response(to refusal: Refusal) -> Response

    /// The answer to a whole request. The task is cancelled when the connection breaks; a client
    /// that has only shut its sending side is answered.
    func response(to request: Request) async -> Response
}

extension Responder {
    /// Every request is waited for until it is whole.
    package func response(toHead request: Request) -> Response? { nil }

    /// Nothing is remembered.
    package func cachedResponse(to request: Request) -> Response? { nil }

    /// The reason as text.
    package func response(to refusal: Refusal) -> Response {
        Response(
            status: refusal.status, headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: Array((refusal.reason + "\n").utf8))
    }
}
