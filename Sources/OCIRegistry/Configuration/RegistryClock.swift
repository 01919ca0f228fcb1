internal import Support

/// The client's clock. Tests replace it, so that they do not wait.
package protocol RegistryClock: Sendable {
    /// Monotonic time.
    var now: Duration { get }
    /// Seconds since 1970, to compare with dates in responses.
    var date: Int64 { get }
    /// Waits.
    ///
    /// - Throws: `CancellationError`
    func sleep(for duration: Duration) async throws
}

/// The clock of this system.
package struct SystemRegistryClock: RegistryClock {
    private let start = ContinuousClock.now

    /// The clock of this system.
    package init() {}

    /// Time since this value was made.
    package var now: Duration { start.duration(to: .now) }

    /// Seconds since 1970.
    package var date: Int64 { WallClock.system() }

    /// Waits.
    package func sleep(for duration: Duration) async throws { try await Task.sleep(for: duration) }
}
