internal import HTTPServer
internal import Synchronization

/// Whether the service takes work.
final class Lifecycle: Sendable {
    private struct State {
        var isDraining = false
        var server: Server?
    }

    private let state = Mutex(State())

    /// Whether it is about to stop: what runs is ended, nothing new is begun.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// How many connections are open.
    var connections: Int { state.withLock { $0.server }?.connections ?? 0 }

    /// Notes what it is that serves.
    func runs(_ server: Server) {
        let isDraining = state.withLock { state in
            state.server = server
            return state.isDraining
        }
        if isDraining { server.drain() }
    }

    /// Takes no more work; connections end after their next answer.
    func drain() {
        let server = state.withLock { state in
            state.isDraining = true
            return state.server
        }
        server?.drain()
    }
}
