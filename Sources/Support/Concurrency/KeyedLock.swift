internal import Synchronization

/// A lock for each key, held by one task at a time; the other tasks wait in order.
package final class KeyedLock<Key: Hashable & Sendable>: Sendable {
    private let queues = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

    package init() {}

    /// Runs `body` while holding the lock of `key`.
    package func withLock<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        await withCheckedContinuation { continuation in
            let isFree = queues.withLock { queues in
                guard queues[key] != nil else {
                    queues[key] = []
                    return true
                }
                queues[key]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { release(key) }
        try Task.checkCancellation()
        return try await body()
    }

    private func release(_ key: Key) {
        let next: CheckedContinuation<Void, Never>? = queues.withLock { queues in
            guard var queue = queues[key], !queue.isEmpty else {
                queues[key] = nil
                return nil
            }
            let next = queue.removeFirst()
            queues[key] = queue
            return next
        }
        next?.resume()
    }
}
