internal import Support
internal import Synchronization

/// An HTTP/1.1 server with strict parsers, limits, and optional TLS.
///
/// Stopping has two steps. `drain()` closes connections after their next response, while new ones are still accepted, so that a load
/// balancer can move its traffic. `stop(grace:)` accepts no more, and `run` returns when open requests have ended.
package final class Server: Sendable {
    private enum Phase {
        case new
        case running([Inbox])
        case stopped(grace: Duration)
    }

    private let configuration: ServerConfiguration
    private let responder: any Responder
    private let state = ServerState()
    private let phase = Mutex(Phase.new)

    /// Creates a server that does not run yet.
    package init(_ configuration: ServerConfiguration, responder: any Responder) {
        self.configuration = configuration
        self.responder = responder
    }

    /// The number of open connections, without those whose last response is written.
    package var connections: Int { state.count }

    /// Closes every connection after its next response, which has `Connection: close`.
    package func drain() { state.drain() }

    /// Accepts no more connections, closes idle ones, and gives requests that have begun `grace` to complete; after it, tasks are
    /// cancelled and connections closed. It may be called again with less time.
    package func stop(grace: Duration) {
        drain()
        let inboxes: [Inbox] = phase.withLock { phase in
            switch phase {
            case .new:
                phase = .stopped(grace: grace)
                return []
            case .running(let inboxes): return inboxes
            case .stopped(let earlier):
                phase = .stopped(grace: min(grace, earlier))
                return []
            }
        }
        #if os(Linux)
            for inbox in inboxes { inbox.put(.stop(grace: grace)) }
        #endif
    }

    /// Serves until the server is stopped. It may be called once. Cancellation stops the server without grace; the call still returns
    /// only when every task has ended.
    ///
    /// - Parameter listening: called with the port once connections are accepted.
    /// - Throws: `ServerError` when it cannot listen.
    package func run(listening: @Sendable (_ port: Int) async -> Void) async throws(ServerError) {
        #if os(Linux)
            let listeners = try Listener.open(host: configuration.host, port: configuration.port)
            guard let port = listeners.first?.port, listeners.count < Loop.maximumListeners else {
                throw ServerError(code: .address, message: "\(configuration.host) has too many addresses, or none")
            }
            var inboxes: [Inbox] = []
            for _ in 0..<max(1, configuration.threads) { inboxes.append(try Inbox()) }
            if let grace = began(inboxes) { for inbox in inboxes { inbox.put(.stop(grace: grace)) } }
            let failure = await withTaskCancellationHandler {
                await withTaskGroup(of: ServerError?.self) { group in
                    for inbox in inboxes { group.addTask { await self.serve(inbox, listeners) } }
                    await listening(port)
                    var failure: ServerError?
                    for await error in group {
                        guard let error else { continue }
                        failure = failure ?? error
                        stop(grace: .zero)
                    }
                    return failure
                }
            } onCancel: {
                stop(grace: .zero)
            }
            if let failure { throw failure }
        #else
            throw ServerError(
                code: .unsupported, message: "the server needs Linux: it waits for connections with epoll")
        #endif
    }

    #if os(Linux)
        /// Stores the inboxes for `stop`; returns the grace period if `stop` was called already.
        private func began(_ inboxes: [Inbox]) -> Duration? {
            phase.withLock { phase in
                defer { phase = .running(inboxes) }
                if case .stopped(let grace) = phase { return grace }
                return nil
            }
        }

        /// Runs a loop on its own thread, and returns when the loop has ended.
        private func serve(_ inbox: Inbox, _ listeners: [Listener]) async -> ServerError? {
            await withCheckedContinuation { continuation in
                do throws(SystemError) {
                    try DedicatedThread.start(HTTPServerThread.name) { [configuration, responder, state] in
                        do throws(ServerError) {
                            try Loop(
                                configuration, responder: responder, state: state, inbox: inbox, listeners: listeners
                            ).run()
                            continuation.resume(returning: nil)
                        } catch {
                            continuation.resume(returning: error)
                        }
                    }
                } catch {
                    continuation.resume(
                        returning: ServerError(code: .resources, message: "cannot start a thread: \(error.text)"))
                }
            }
        }
    #else
        private struct Inbox {}
    #endif
}

/// The threads of servers, each of which serves all connections of its listeners.
package enum HTTPServerThread {
    /// Their name in the system's tools.
    package static let name = "http-server"
}
