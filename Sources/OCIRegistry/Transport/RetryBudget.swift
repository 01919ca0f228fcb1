internal import Logging
internal import OCI

/// Counts the tries of one operation and pauses between them.
struct RetryBudget {
    private let context: ClientContext
    private let metadata: Logger.Metadata
    private let start: Duration
    private var tries = 0

    init(_ context: ClientContext, metadata: Logger.Metadata = [:]) {
        self.context = context
        self.metadata = metadata
        start = context.configuration.clock.now
    }

    /// Starts counting tries again after progress. The time goes on.
    mutating func progress() { tries = 0 }

    /// Pauses before the next try, between nothing and a bound that doubles ("full jitter"), and at least as long as the
    /// server asks.
    ///
    /// - Throws: `error`, when it is not worth another try, the tries are used up, or the server asks to wait too long.
    mutating func pause(_ error: OCIError, _ isTransient: Bool, retryAfter: Duration? = nil) async throws {
        let policy = context.configuration.retries
        let clock = context.configuration.clock
        guard isTransient else { throw error }
        if let retryAfter, retryAfter > policy.longestRetryAfter {
            throw OCIError(
                error.code,
                "\(error.message). It asks to be left alone for \(retryAfter.components.seconds) seconds, longer than the "
                    + "\(policy.longestRetryAfter.components.seconds) that we wait; try again later", cause: error.cause
            )
        }
        tries += 1
        guard tries < policy.tries else {
            throw OCIError(
                error.code, "\(error.message) (tried \(tries) time\(tries == 1 ? "" : "s"))", cause: error.cause)
        }
        let bound = min(policy.longestPause, policy.firstPause * (1 << min(tries - 1, 20)))
        let pause = bound * context.configuration.random() + (retryAfter ?? .zero)
        guard clock.now - start + pause <= policy.total else {
            throw OCIError(
                error.code,
                "\(error.message) (gave up after \(tries) tries in \((clock.now - start).components.seconds) seconds)",
                cause: error.cause)
        }
        context.configuration.logger.info(
            "trying again", metadata: metadata.merging(["attempt": "\(tries + 1)", "pause": "\(pause)"]) { $1 })
        try await clock.sleep(for: pause)
    }
}
