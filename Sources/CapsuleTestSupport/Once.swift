internal import Synchronization

/// Values that are made once a process and then shared by all tests that use the same key, also while they are being made.
package final class Once<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let values = Mutex<[Key: Task<Value, any Error>]>([:])

    /// Nothing is made yet.
    package init() {}

    /// Returns the value of `key`; the first caller's `make` makes it, and its error is everybody's.
    package func value(
        _ key: Key, _ make: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = values.withLock { values in
            if let task = values[key] { return task }
            // Detached: the value belongs to no test, so the end of the first one's time must not cancel it.
            let task = Task.detached { try await make() }
            values[key] = task
            return task
        }
        return try await task.value
    }
}
