import Synchronization

/// A clock that moves only when a test advances it.
package final class TestClock: Clock {
    /// A point in the time of a test clock.
    package struct Instant: InstantProtocol {
        private let offset: Duration

        fileprivate init(offset: Duration) { self.offset = offset }

        /// The instant that is later by a duration.
        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }

        /// The distance to another instant.
        package func duration(to other: Instant) -> Duration { other.offset - offset }

        /// Compares two instants.
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        let deadline: Instant
        let continuation: CheckedContinuation<Bool, Never>
    }
    private struct State {
        var now = Instant(offset: .zero)
        var last = 0
        var sleepers: [Int: Sleeper] = [:]
    }

    private let state = Mutex(State())

    /// A clock at its first instant.
    package init() {}

    /// The current instant.
    package var now: Instant { state.withLock { $0.now } }

    /// Zero: the clock moves by exactly what a test says.
    package var minimumResolution: Duration { .zero }

    /// The number of tasks that sleep on this clock.
    package var sleepers: Int { state.withLock { $0.sleepers.count } }

    /// Moves the clock, and wakes the tasks whose deadlines have passed.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for number in due.keys { state.sleepers[number] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume(returning: true) }
    }

    /// Suspends the task until a test has advanced the clock to `deadline`.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        let isDue = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in sleep(number, until: deadline, continuation) }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation.resume(returning: false)
        }
        guard isDue else { throw CancellationError() }
    }

    private func sleep(_ number: Int, until deadline: Instant, _ continuation: CheckedContinuation<Bool, Never>) {
        let isDue: Bool? = state.withLock { state in
            if Task.isCancelled { return false }
            if deadline <= state.now { return true }
            state.sleepers[number] = Sleeper(deadline: deadline, continuation: continuation)
            return nil
        }
        if let isDue { continuation.resume(returning: isDue) }
    }
}
