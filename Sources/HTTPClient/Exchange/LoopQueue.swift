internal import CCurl
internal import Support
internal import Synchronization

/// The queue of commands from tasks to the client's thread, which starts with the first request.
final class LoopQueue: Sendable {
    enum Command: Sendable {
        case start(Exchange)
        /// The task was cancelled.
        case cancel(Exchange)
        /// There is room for more of the response.
        case receive(Exchange)
        /// There is more of the request's body.
        case send(Exchange)
        case stop(CheckedContinuation<Void, Never>)
    }

    private struct State {
        var commands: [Command] = []
        /// True when the thread was started.
        var isStarted = false
        /// The address of the multi handle, to wake the thread; 0 when the thread has none.
        var multi: UInt = 0
        /// The reason why the queue is closed.
        var closed: HTTPFailure?
    }

    private let start: @Sendable (LoopQueue) throws(SystemError) -> Void
    private let state = Mutex(State())

    /// - Parameter start: starts the thread that takes the commands.
    init(start: @escaping @Sendable (LoopQueue) throws(SystemError) -> Void) { self.start = start }

    func post(_ command: Command) {
        var isFirst = false
        let failure: HTTPFailure? = state.withLock { state in
            guard state.closed == nil else { return state.closed }
            if !state.isStarted {
                guard case .start = command else {
                    state.closed = .clientClosed
                    return state.closed
                }
                (state.isStarted, isFirst) = (true, true)
            }
            state.commands.append(command)
            // Inside the lock, so that the thread cannot free the handle. The only failures are an invalid handle and a libcurl
            // without this function.
            if state.commands.count == 1, let multi = unsafe UnsafeMutableRawPointer(bitPattern: state.multi) {
                _ = unsafe capsule_multi_wakeup(multi)
            }
            return nil
        }
        if let failure { Self.fail(command, failure) }
        if isFirst { startThread() }
    }

    private func startThread() {
        do throws(SystemError) {
            try start(self)
        } catch {
            let failure = HTTPFailure(
                .io, "a thread for the HTTP client cannot be started: \(error.text)", by: .client, isTransient: false)
            for command in close(failure) { Self.fail(command, failure) }
        }
    }

    /// Sets the handle that wakes the thread.
    func open(_ multi: UnsafeMutableRawPointer) { state.withLock { $0.multi = UInt(bitPattern: multi) } }

    func take() -> [Command] {
        state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Closes the queue and returns the remaining commands.
    func close(_ failure: HTTPFailure) -> [Command] {
        state.withLock { state in
            state.closed = failure
            state.multi = 0
            defer { state.commands = [] }
            return state.commands
        }
    }

    static func fail(_ command: Command, _ failure: HTTPFailure) {
        switch command {
        case .start(let exchange): exchange.conclude(.failure(failure))
        case .stop(let continuation): continuation.resume()
        case .cancel, .receive, .send: break
        }
    }
}
