internal import Synchronization

/// Limits concurrency: at most `width` operations run and `queue` wait, first in, first out; further callers fail with
/// `ServiceError.busy`.
final class ConcurrencyLimiter: Sendable {
    private struct Waiter {
        let continuation: CheckedContinuation<Bool, Never>
        /// The time at which it began to wait, by the clock.
        let since: Duration
    }
    private struct State {
        var running = 0
        var waiters: [Int: Waiter] = [:]
        var last = 0
    }

    private let width: Int
    private let queue: Int?
    private let clock: ServiceClock
    private let state = Mutex(State())

    /// - Parameter queue: the most operations that wait; nil for work that was accepted earlier, which always waits.
    init(width: Int, queue: Int?, clock: ServiceClock) {
        self.width = max(1, width)
        self.queue = queue
        self.clock = clock
    }

    /// The number of operations that run.
    var running: Int { state.withLock { $0.running } }

    /// The number of operations that wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// The time for which the oldest operation has waited; zero when none waits.
    var longestWait: Duration {
        let oldest = state.withLock { state in state.waiters.keys.min().flatMap { state.waiters[$0]?.since } }
        return oldest.map { clock.now - $0 } ?? .zero
    }

    /// Runs `body` when fewer than `width` operations run.
    ///
    /// - Throws: `ServiceError.busy` when the queue is full, `CancellationError`, and the errors of `body`.
    func run<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await acquire()
        defer { release() }
        try Task.checkCancellation()
        return try await body()
    }

    private enum Entry {
        case acquired
        case full(limit: Int)
        case waits(Int)
    }

    private func acquire() async throws {
        let entry: Entry = state.withLock { state in
            if state.running < width {
                state.running += 1
                return .acquired
            }
            if let queue, state.waiters.count >= queue { return .full(limit: queue) }
            state.last += 1
            return .waits(state.last)
        }
        switch entry {
        case .acquired: return
        case .full(let limit): throw ServiceError.busy("requests wait", limit: limit)
        case .waits(let number):
            let acquired = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in wait(number, continuation) }
            } onCancel: {
                state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume(returning: false)
            }
            guard acquired else { throw CancellationError() }
        }
    }

    private func wait(_ number: Int, _ continuation: CheckedContinuation<Bool, Never>) {
        let waiter = Waiter(continuation: continuation, since: clock.now)
        let acquired: Bool? = state.withLock { state in
            if Task.isCancelled { return false }
            // An operation may have ended since this one was queued.
            if state.running < width {
                state.running += 1
                return true
            }
            state.waiters[number] = waiter
            return nil
        }
        if let acquired { continuation.resume(returning: acquired) }
    }

    private func release() {
        let next: Waiter? = state.withLock { state in
            // A linear search: the queue is short.
            if let first = state.waiters.keys.min() { return state.waiters.removeValue(forKey: first) }
            state.running -= 1
            return nil
        }
        next?.continuation.resume(returning: true)
    }
}
