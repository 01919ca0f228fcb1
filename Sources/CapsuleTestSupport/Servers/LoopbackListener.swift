internal import Support
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A TCP port on loopback, and a thread for each connection that comes to it.
final class LoopbackListener: Sendable {
    private struct State {
        /// The sockets of the connections that are being served.
        var open: Set<Int32> = []
        var isStopped = false
        /// The task that waits for the last thread to end.
        var waiter: CheckedContinuation<Void, Never>?
        var threads = 0
    }

    /// The port, which was free.
    let port: Int
    private let socket: Int32
    private let state = Mutex(State())

    /// Listens.
    init() throws {
        let socket = try LoopbackSocket.listen()
        self.socket = socket
        port = LoopbackSocket.port(of: socket)
    }

    deinit { close(socket) }

    /// Serves every connection with `connection`, on a thread of its own, until `body` has ended. Then all connections are cut,
    /// and their threads are waited for.
    func serve<Result: Sendable>(
        _ connection: @escaping @Sendable (LoopbackSocket) -> Void, while body: @Sendable () async throws -> Result
    ) async throws -> Result {
        start { self.accept(connection) }
        do {
            let result = try await body()
            await stop()
            return result
        } catch {
            await stop()
            throw error
        }
    }

    private func accept(_ connection: @escaping @Sendable (LoopbackSocket) -> Void) {
        while let client = LoopbackSocket.accept(socket) {
            let isWelcome = state.withLock { state in
                guard !state.isStopped else { return false }
                state.open.insert(client)
                return true
            }
            guard isWelcome else {
                close(client)
                return
            }
            start {
                connection(LoopbackSocket(descriptor: client))
                // After this its number can be another socket's, which must not be cut.
                self.state.withLock { _ = $0.open.remove(client) }
                close(client)
            }
        }
    }

    private func stop() async {
        state.withLock { state in
            state.isStopped = true
            for client in state.open { _ = shutdown(client, Int32(SHUT_RDWR)) }
        }
        // Ends `accept` on Linux.
        _ = shutdown(socket, Int32(SHUT_RDWR))
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                guard state.threads > 0 else { return true }
                state.waiter = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.threads += 1 }
        startThread {
            body()
            let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.threads -= 1
                guard state.threads == 0 else { return nil }
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}

/// Runs `body` on a thread of its own: servers block, and the tasks of all tests share a few threads, which must not block.
func startThread(_ body: @escaping @Sendable () -> Void) {
    do throws(SystemError) {
        try DedicatedThread.start("test-server", body)
    } catch {
        preconditionFailure("a thread could not be started: \(error.text)")
    }
}
