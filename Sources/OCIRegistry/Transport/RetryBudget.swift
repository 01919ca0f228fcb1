internal import Logging
internal import OCI
internal import Support

/// Counts the tries of one operation and pauses between them.
struct RetryBudget {
    private let configuration: RegistryConfiguration
    private let metadata: Logger.Metadata
    /// The number of bytes whose transfer begins the time limit anew. Less would let a server that sends a few bytes and
    /// breaks the connection do so without end.
    private static let substantial: Int64 = 64 << 10

    private let limit: Int?
    private var pace: RetryPace
    private var moved: Int64 = 0

    /// - Parameter tries: the maximum number of tries; nil when only time decides.
    init(_ configuration: RegistryConfiguration, tries: Int? = nil, metadata: Logger.Metadata = [:]) {
        self.configuration = configuration
        self.metadata = metadata
        limit = tries
        pace = RetryPace(configuration.retries, now: configuration.clock.now)
    }

    /// Resets the number of tries after progress of so many bytes, and after enough of them the time limit: it is for the
    /// time without progress.
    mutating func progress(_ bytes: Int64) {
        pace.progress()
        moved = moved.addingClamped(bytes)
        guard moved >= Self.substantial else { return }
        moved = 0
        pace.restart(now: configuration.clock.now)
    }

    /// Waits before the next try.
    ///
    /// - Throws: `error` when it is not transient, the tries or the time are used up, or the server's `Retry-After` is too long.
    mutating func pause(_ error: OCIError, _ isTransient: Bool, retryAfter: Duration? = nil) async throws {
        let clock = configuration.clock
        guard isTransient else { throw error }
        if let retryAfter, retryAfter > pace.policy.longestRetryAfter {
            throw OCIError(
                error.code,
                "\(error.message). The registry requests a retry after \(retryAfter.components.seconds) s, more than the limit of "
                    + "\(pace.policy.longestRetryAfter.components.seconds) s; try again later", cause: error.cause
            )
        }
        let pause = pace.pause(now: clock.now, random: configuration.random(), retryAfter: retryAfter ?? .zero)
        guard let pause, pace.tries < limit ?? .max else {
            let seconds = pace.elapsed(now: clock.now).components.seconds
            let tries = pace.tries == 1 ? "tried once" : "gave up after \(pace.tries) tries in \(seconds) seconds"
            throw OCIError(error.code, "\(error.message) (\(tries))", cause: error.cause)
        }
        // A short pause is not worth a line; an outage is.
        configuration.logger.log(
            level: pace.tries < 4 ? .info : .warning, "trying again",
            metadata: metadata.merging([
                "reason": "\(error.message)", "attempt": "\(pace.tries + 1)", "pause": "\(pause)",
            ]) { $1 })
        try await clock.sleep(for: pause)
    }
}
