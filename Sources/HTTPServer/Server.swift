internal import Synchronization

/// An HTTP/1.1 server: strict, within limits, and with TLS where there is a certificate.
///
/// Stopping has two steps. `drain()` has connections end after their next answer, while new ones are still taken, so that a load
/// balancer can send them elsewhere. `stop(grace:)` takes no more, and `run` returns when what is under way has ended.
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

    /// A server that does not run yet.
    package init(_ configuration: ServerConfiguration, responder: any Responder) {
        self.configuration = configuration
        self.responder = responder
    }

    /// How many connections are open, without those that were given their last answer.
    package var connections: Int { state.count }

    /// Has every connection end after its next answer, which says `Connection: close`.
    package func drain() { state.drain() }

    /// Takes no more connections, ends those that do nothing, and lets what is under way end: heads, bodies and answers have
    /// `grace`; after it tasks are cancelled and connections closed. It may be called again with less time.
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

    /// Serves until it is stopped, once. Cancellation stops it without grace; it still returns only when every task has ended.
    ///
    /// - Parameter listening: is told the port once connections are taken.
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
        /// Notes who is to be told to stop; the time there is for that when it was asked for already.
        private func began(_ inboxes: [Inbox]) -> Duration? {
            phase.withLock { phase in
                defer { phase = .running(inboxes) }
                if case .stopped(let grace) = phase { return grace }
                return nil
            }
        }

        /// Serves connections on a thread of its own until it has ended.
        private func serve(_ inbox: Inbox, _ listeners: [Listener]) async -> ServerError? {
            await withCheckedContinuation { continuation in
                do throws(ServerError) {
                    try LoopThread.start { [configuration, responder, state] in
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
                    continuation.resume(returning: error)
                }
            }
        }
    #else
        private struct Inbox {}
    #endif
}
