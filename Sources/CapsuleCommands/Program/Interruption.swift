@preconcurrency internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A signal ended the run.
struct Interrupted: Error {
    let signal: Int32
}

/// The write end of the pipe that carries a signal out of its handler; -1 before one is installed.
private let signalPipe = Atomic<Int32>(-1)
/// The signals that have arrived.
private let signalCount = Atomic<Int>(0)

/// The first SIGINT or SIGTERM cancels the work, which then cleans up after itself, or asks it to stop where it can do that
/// by itself; the second exits at once.
enum Interruption {
    /// Runs `work`; throws `Interrupted` when a signal stopped it.
    ///
    /// A handler that writes to a pipe, not a blocked signal or SIG_IGN: those are inherited by the programs we run,
    /// while a handler is reset in them.
    ///
    /// - Parameter stop: is asked by the first signal; nil cancels the work.
    static func guarding<Result: Sendable>(
        stop: GracefulStop? = nil, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let signals = try install()
        defer { uninstall() }
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
                // Whichever came first, the other one has nothing left to do; its clean-up is waited for.
                group.cancelAll()
            }
            // Work that was finished when the signal came has happened, and says so.
            if let finished { return finished }
            if let interrupted { throw interrupted }
            throw failure ?? CancellationError()
        }
    }

    private static func install() throws -> AsyncStream<Int32> {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return AsyncStream { _ in } }
        let (reading, writing) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        signalPipe.store(writing, ordering: .sequentiallyConsistent)
        signalCount.store(0, ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM] { setHandler(number, handle) }
        return AsyncStream { continuation in
            let source = DispatchSource.makeReadSource(fileDescriptor: reading, queue: .global())
            source.setEventHandler {
                var byte: UInt8 = 0
                if read(reading, &byte, 1) == 1 { continuation.yield(Int32(byte)) }
            }
            source.setCancelHandler { close(reading) }
            continuation.onTermination = { _ in source.cancel() }
            source.activate()
        }
    }

    private static func uninstall() {
        for number in [SIGINT, SIGTERM] { setHandler(number, SIG_DFL) }
        let writing = signalPipe.exchange(-1, ordering: .sequentiallyConsistent)
        if writing >= 0 { close(writing) }
    }

    private static func setHandler(_ number: Int32, _ handler: sighandler_t?) {
        var action = sigaction()
        #if canImport(Glibc) || canImport(Musl)
            action.__sigaction_handler.sa_handler = handler
        #else
            action.__sigaction_u.__sa_handler = handler
        #endif
        // SA_RESTART: reads in progress go on; the work is stopped by cancellation, not by EINTR.
        action.sa_flags = Int32(SA_RESTART)
        sigaction(number, &action, nil)
    }
}

/// Only what a signal handler may do: atomics, write, _exit.
private func handle(_ number: Int32) {
    if signalCount.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue > 1 { _exit(128 + number) }
    var byte = UInt8(truncatingIfNeeded: number)
    let saved = errno
    _ = write(signalPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
    errno = saved
}
