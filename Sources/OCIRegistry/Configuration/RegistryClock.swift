package import Support

/// The client's clock. Tests replace it, so that they do not wait.
package protocol RegistryClock: RetryClock {
    /// Seconds since 1970, to compare with dates in responses.
    var date: Int64 { get }
}

/// The clock of this system.
package struct SystemRegistryClock: RegistryClock {
    private let clock = SystemRetryClock()

    /// The clock of this system.
    package init() {}

    /// Time since this value was made.
    package var now: Duration { clock.now }

    /// Seconds since 1970.
    package var date: Int64 { WallClock.system() }

    /// Waits.
    package func sleep(for duration: Duration) async throws { try await clock.sleep(for: duration) }
}
