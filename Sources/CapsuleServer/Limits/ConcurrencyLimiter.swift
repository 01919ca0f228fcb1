internal import Synchronization

/// Limits concurrency: at most `width` operations run and `queue` wait, first in, first out; further callers fail with
/// `ServiceError.busy`.
final class ConcurrencyLimiter: Sendable {
    private struct State {
        var running = 0
        var waiters: [Int: CheckedContinuation<Bool, Never>] = [:]
        var last = 0
    }

    private let width: Int
    private let queue: Int
    private let state = Mutex(State())

    init(width: Int, queue: Int) {
        self.width = max(1, width)
        self.queue = max(0, queue)
    }

    /// The number of operations that wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Runs `body` when fewer than `width` operations run.
    ///
    /// - Parameter always: true for work that was accepted earlier, which waits even when the queue is full.
    /// - Throws: `ServiceError.busy` when the queue is full, `CancellationError`, and the errors of `body`.
    func run<Result>(always: Bool = false, _ body: () async throws -> Result) async throws -> Result {
        try await acquire(always)
        defer { release() }
        try Task.checkCancellation()
        return try await body()
    }

    private enum Entry {
        case acquired
        case full
        case waits(Int)
    }

    private func acquire(_ always: Bool) async throws {
        let entry: Entry = state.withLock { state in
            if state.running < width {
                state.running += 1
                return .acquired
            }
            guard always || state.waiters.count < queue else { return .full }
            state.last += 1
            return .waits(state.last)
        }
        switch entry {
        case .acquired: return
        case .full: throw ServiceError.busy
        case .waits(let number):
            let acquired = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in wait(number, continuation) }
            } onCancel: {
                state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: false)
            }
            guard acquired else { throw CancellationError() }
        }
    }

    private func wait(_ number: Int, _ continuation: CheckedContinuation<Bool, Never>) {
        let acquired: Bool? = state.withLock { state in
            if Task.isCancelled { return false }
            // An operation may have ended since this one was queued.
            if state.running < width {
                state.running += 1
                return true
            }
            state.waiters[number] = continuation
            return nil
        }
        if let acquired { continuation.resume(returning: acquired) }
    }

    private func release() {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            // A linear search: the queue is short.
            if let first = state.waiters.keys.min() { return state.waiters.removeValue(forKey: first) }
            state.running -= 1
            return nil
        }
        next?.resume(returning: true)
    }
}
