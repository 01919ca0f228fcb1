internal import HTTPServer
internal import Synchronization

/// The state of the service between its start and its end.
final class Lifecycle: Sendable {
    private struct State {
        var isDraining = false
        var server: Server?
    }

    private let state = Mutex(State())

    /// True when the service is about to stop. Requests are still accepted: a load balancer that has not read `/readyz` since
    /// sends some.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// The number of open connections.
    var connections: Int { state.withLock { $0.server }?.connections ?? 0 }

    /// Sets the server that runs.
    func runs(_ server: Server) {
        let isDraining = state.withLock { state in
            state.server = server
            return state.isDraining
        }
        if isDraining { server.drain() }
    }

    /// Makes `/readyz` say so; connections are closed after their next response.
    func drain() {
        let server = state.withLock { state in
            state.isDraining = true
            return state.server
        }
        server?.drain()
    }
}
