internal import CCurl
internal import Synchronization

/// How tasks reach the client's thread.
final class LoopQueue: Sendable {
    enum Command: Sendable {
        case start(Exchange)
        /// Its task has gone.
        case cancel(Exchange)
        /// There is room for more of its answer.
        case receive(Exchange)
        /// There is more of its body.
        case send(Exchange)
        case stop(CheckedContinuation<Void, Never>)
    }

    private struct State {
        var commands: [Command] = []
        /// The address of the multi handle, to wake the thread by it. Only while the thread has it.
        var multi: UInt = 0
        /// Why nothing is taken any more.
        var closed: HTTPFailure?
    }

    private let state = Mutex(State())

    func post(_ command: Command) {
        let refusal = state.withLock { state in
            guard state.closed == nil else { return state.closed }
            state.commands.append(command)
            // Inside the lock, so that the thread cannot free the handle meanwhile. The only failures are a handle that is
            // not one, and one that was built without this.
            if state.commands.count == 1, let multi = unsafe UnsafeMutableRawPointer(bitPattern: state.multi) {
                _ = unsafe curl_multi_wakeup(multi)
            }
            return nil
        }
        if let refusal { Self.refuse(command, refusal) }
    }

    /// The thread runs from now on and is woken by this handle.
    func open(_ multi: UnsafeMutableRawPointer) { state.withLock { $0.multi = UInt(bitPattern: multi) } }

    func take() -> [Command] {
        state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Takes nothing any more, and gives what was still waiting.
    func close(_ failure: HTTPFailure) -> [Command] {
        state.withLock { state in
            state.closed = failure
            state.multi = 0
            defer { state.commands = [] }
            return state.commands
        }
    }

    static func refuse(_ command: Command, _ failure: HTTPFailure) {
        switch command {
        case .start(let exchange): exchange.conclude(.failure(failure))
        case .stop(let continuation): continuation.resume()
        case .cancel, .receive, .send: break
        }
    }
}
