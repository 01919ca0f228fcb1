internal import Synchronization

/// A lock for each key, held by one task at a time; the other tasks wait in order. A task that is cancelled waits no longer.
package final class KeyedLock<Key: Hashable & Sendable>: Sendable {
    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }
    private struct State {
        /// The tasks that wait for each key that is held.
        var queues: [Key: [Waiter]] = [:]
        var last: UInt64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Runs `body` while holding the lock of `key`.
    ///
    /// - Throws: `CancellationError`, and the errors of `body`.
    package func withLock<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        try await acquire(key)
        defer { release(key) }
        try Task.checkCancellation()
        return try await body()
    }

    private func acquire(_ key: Key) async throws {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        let isHeld = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    guard state.queues[key] != nil else {
                        state.queues[key] = []
                        return true
                    }
                    state.queues[key]?.append(Waiter(number: number, continuation: continuation))
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            leave(key, number)
        }
        guard isHeld else { throw CancellationError() }
    }

    /// Removes a task from the queue, if it still waits.
    private func leave(_ key: Key, _ number: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let index = state.queues[key]?.firstIndex(where: { $0.number == number }) else { return nil }
            return state.queues[key]?.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    private func release(_ key: Key) {
        let next: Waiter? = state.withLock { state in
            guard var queue = state.queues[key], !queue.isEmpty else {
                state.queues[key] = nil
                return nil
            }
            let next = queue.removeFirst()
            state.queues[key] = queue
            return next
        }
        next?.continuation.resume(returning: true)
    }
}
