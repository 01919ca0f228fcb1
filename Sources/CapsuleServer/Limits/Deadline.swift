/// Runs `body` and cancels it when it takes longer than `time`.
///
/// - Throws: `ServiceError.timedOut` when the time is over; otherwise the errors of `body`.
func withDeadline<Result: Sendable>(
    _ time: Duration, clock: ServiceClock, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await clock.sleep(for: time)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else { throw ServiceError.timedOut(time) }
        return result
    }
}
