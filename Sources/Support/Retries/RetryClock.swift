/// The clock of pauses between tries. Tests replace it, so that they do not wait.
package protocol RetryClock: Sendable {
    /// Monotonic time.
    var now: Duration { get }
    /// Waits.
    ///
    /// - Throws: `CancellationError`
    func sleep(for duration: Duration) async throws
}

/// The clock of this system.
package struct SystemRetryClock: RetryClock {
    private let start = ContinuousClock.now

    /// The clock of this system.
    package init() {}

    /// Time since this value was made.
    package var now: Duration { start.duration(to: .now) }

    /// Waits.
    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
