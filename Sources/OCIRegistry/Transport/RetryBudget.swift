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

    private let limit: Int
    private var start: Duration
    private var tries = 0
    private var moved: Int64 = 0

    /// - Parameter tries: the most tries; nil takes those of the configuration.
    init(_ configuration: RegistryConfiguration, tries: Int? = nil, metadata: Logger.Metadata = [:]) {
        self.configuration = configuration
        self.metadata = metadata
        limit = tries ?? configuration.retries.tries
        start = configuration.clock.now
    }

    /// Resets the number of tries after progress of so many bytes, and after enough of them the time limit: it is for the
    /// time without progress.
    mutating func progress(_ bytes: Int64) {
        tries = 0
        moved = moved.addingClamped(bytes)
        guard moved >= Self.substantial else { return }
        moved = 0
        start = configuration.clock.now
    }

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
        guard tries < limit else {
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
