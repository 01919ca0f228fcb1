package import Support

/// How commands that read from a remote are tried again: like requests to registries. Refusals are not tried again. Neither
/// are pushes: the caller first finds out whether one was applied.
package struct GitRetries: Sendable {
    /// The policy.
    package var policy = RetryPolicy()
    /// The clock.
    package var clock: any RetryClock = SystemRetryClock()
    /// A number from 0 up to but not including 1, for jitter.
    package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
    /// Called before each further try: the remote, the failure, the number of the try, and the pause before it.
    package var report: @Sendable (GitRemote, GitError, Int, Duration) -> Void = { _, _, _, _ in }
}
