internal import Logging
internal import OCI
internal import Support

/// Counts the tries of one operation and pauses between them.
struct RetryBudget {
    private let configuration: RegistryConfiguration
    private let metadata: Logger.Metadata
    private let start: Duration
    private var tries = 0

    init(_ configuration: RegistryConfiguration, metadata: Logger.Metadata = [:]) {
        self.configuration = configuration
        self.metadata = metadata
        start = configuration.clock.now
    }

    /// Resets the number of tries after progress. The time limit is not reset.
    mutating func progress() { tries = 0 }

    /// Waits before the next try: a random part of a bound that doubles with each try ("full jitter"), in addition to
    /// the server's `Retry-After`.
    ///
    /// - Throws: `error` when it is not transient, the tries or the time are used up, or the server's `Retry-After` is too long.
    mutating func pause(_ error: OCIError, _ isTransient: Bool, retryAfter: Duration? = nil) async throws {
        let policy = configuration.retries
        let clock = configuration.clock
        guard isTransient else { throw error }
        if let retryAfter, retryAfter > policy.longestRetryAfter {
            throw OCIError(
                error.code,
                "\(error.message). The registry asks to retry after \(retryAfter.components.seconds) s, more than the limit of "
                    + "\(policy.longestRetryAfter.components.seconds) s; try again later", cause: error.cause
            )
        }
        tries += 1
        guard tries < policy.tries else {
            throw OCIError(
                error.code, "\(error.message) (tried \(tries) time\(tries == 1 ? "" : "s"))", cause: error.cause)
        }
        let bound = min(policy.longestPause, policy.firstPause * (1 << min(tries - 1, 20)))
        let pause = bound * configuration.random() + (retryAfter ?? .zero)
        guard clock.now - start + pause <= policy.total else {
            throw OCIError(
                error.code,
                "\(error.message) (gave up after \(tries) tries in \((clock.now - start).components.seconds) seconds)",
                cause: error.cause)
        }
        configuration.logger.info(
            "trying again", metadata: metadata.merging(["attempt": "\(tries + 1)", "pause": "\(pause)"]) { $1 })
        try await clock.sleep(for: pause)
    }
}
