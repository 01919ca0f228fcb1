/// The monotonic clock of a service. It measures the age of cached values and the duration of calls, and limits how
/// long work takes. Times of day come from the closure `now` of `CapsuleService`.
struct ServiceClock: Sendable {
    /// The clock of the system, for tests that do not depend on time.
    static let continuous = ServiceClock(ContinuousClock())

    private let elapsed: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void

    init(_ clock: any Clock<Duration>) { self.init(opening: clock) }

    // Instants of different clocks have different types; their distances from the first instant have the same type.
    private init<Base: Clock<Duration>>(opening clock: Base) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        wait = { try await clock.sleep(until: clock.now.advanced(by: $0), tolerance: nil) }
    }

    /// The time since the clock was created.
    var now: Duration { elapsed() }

    /// Suspends the task.
    ///
    /// - Throws: `CancellationError`
    func sleep(for time: Duration) async throws { try await wait(time) }
}
