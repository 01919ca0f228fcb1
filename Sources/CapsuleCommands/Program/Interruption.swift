internal import Processes
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The handling of SIGINT and SIGTERM. The first signal cancels the work, which then cleans up, or requests a graceful
/// stop; the second ends the process at once.
///
/// The signals are blocked in every thread, and the main thread waits for them, so no code runs in a signal handler.
/// Programs that this program runs have an empty mask. SIGCHLD is among them, for orphans: see `OrphanedProcesses`. SIGHUP
/// ends the process at once, unless ``hangups()`` was called, or the program that started the process made it ignore the signal.
enum Interruption {
    private struct State {
        /// The receiver of signals while work is running.
        var listener: AsyncStream<Int32>.Continuation?
        /// The number of signals since the work began.
        var count = 0
        /// The receiver of SIGHUP; nil when it has its default effect.
        var reloads: AsyncStream<String>.Continuation?
    }

    private static let state = Mutex(State())

    /// The signals, as a set.
    private static var signals: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGCHLD)
        sigaddset(&set, SIGHUP)
        return set
    }

    /// Blocks the signals in this thread, and in those that it starts.
    static func block() {
        var set = signals
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// An element for each SIGHUP from now on: a request to a service to read its files again. The signal then does not end
    /// the process, so that a service outlives the terminal or the shell that started it.
    static func hangups() -> AsyncStream<String> {
        let (reloads, listener) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.reloads = listener }
        return reloads
    }

    /// True when the program that started this process, such as `nohup`, made it ignore SIGHUP. A blocked signal is delivered
    /// even then.
    private static var ignoresHangup: Bool {
        let action = signal(SIGHUP, SIG_DFL)
        guard unsafeBitCast(action, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) else { return false }
        signal(SIGHUP, SIG_IGN)
        return true
    }

    /// Waits for signals until the process ends.
    static func watch() -> Never {
        var set = signals
        while true {
            var signal: Int32 = 0
            guard sigwait(&set, &signal) == 0 else { continue }
            guard signal != SIGCHLD else {
                OrphanedProcesses.reap()
                continue
            }
            if signal == SIGHUP {
                if let reloads = state.withLock({ $0.reloads }) {
                    reloads.yield("SIGHUP")
                } else if !ignoresHangup {
                    end(by: signal)
                }
                continue
            }
            let isFirst = state.withLock { state -> Bool? in
                guard let listener = state.listener else { return nil }
                state.count += 1
                listener.yield(signal)
                return state.count == 1
            }
            switch isFirst {
            case true?: continue
            case false?: _exit(128 + signal)
            case nil: end(by: signal)
            }
        }
    }

    /// Ends the process with the default action of the signal.
    private static func end(by number: Int32) -> Never {
        signal(number, SIG_DFL)
        var set = signals
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
        _exit(128 + number)
    }

    /// Runs `work`; throws `Interrupted` when a signal stopped it.
    ///
    /// - Parameter stop: receives a request to stop at the first signal; nil cancels the work.
    static func guarding<Result: Sendable>(
        stop: GracefulStop? = nil, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let (signals, listener) = AsyncStream<Int32>.makeStream()
        state.withLock { ($0.listener, $0.count) = (listener, 0) }
        defer { state.withLock { $0.listener = nil } }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                for await signal in signals {
                    guard let stop else { throw Interrupted(signal: signal) }
                    stop.request()
                }
                return nil
            }
            var interrupted: Interrupted?
            var failure: (any Error)?
            var finished: Result?
            while let outcome = await group.nextResult() {
                switch outcome {
                case .success(let value?):
                    finished = value
                case .success(nil):
                    continue
                case .failure(let error as Interrupted):
                    interrupted = error
                case .failure(let error):
                    failure = error
                }
                // The first of the two tasks has ended. The other one is cancelled, and its clean-up is awaited.
                group.cancelAll()
            }
            // Work that was finished when the signal arrived is reported as finished.
            if let finished { return finished }
            if let interrupted { throw interrupted }
            throw failure ?? CancellationError()
        }
    }
}
