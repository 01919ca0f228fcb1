/// Counts the tries of one operation, and says how long to pause before the next.
package struct RetryPace: Sendable {
    /// The shortest pause, so that a failure that takes no time is not tried again thousands of times.
    private static let shortest: Duration = .milliseconds(20)

    package let policy: RetryPolicy
    /// The number of tries that failed.
    package private(set) var tries = 0
    private var start: Duration
    private var requested: Duration = .zero

    package init(_ policy: RetryPolicy, now: Duration) {
        self.policy = policy
        start = now
    }

    /// Counts the tries anew, after progress.
    package mutating func progress() { tries = 0 }

    /// Counts the time anew, after so much progress that the operation is bound to end.
    package mutating func restart(now: Duration) { (start, requested) = (now, .zero) }

    /// The time since the first try, or since the last progress.
    package func elapsed(now: Duration) -> Duration { now - start }

    /// Counts a try that failed. Returns the pause before the next: a random part of a bound that doubles with each try
    /// ("full jitter"), in addition to the server's `Retry-After`; nil when the time is used up.
    ///
    /// - Parameter random: a number from 0 up to but not including 1.
    package mutating func pause(now: Duration, random: Double, retryAfter: Duration = .zero) -> Duration? {
        tries += 1
        let bound = min(policy.longestPause, policy.firstPause * (1 << min(tries - 1, 20)))
        // Whole milliseconds, so that a log shows no more digits than matter.
        let pause = max(.milliseconds(((bound * random) / .milliseconds(1)).rounded()), Self.shortest)
        requested += retryAfter
        // An operation that needs long to fail is tried a second time, too.
        let isInTime = tries == 1 || elapsed(now: now) - requested + retryAfter + pause <= policy.outage
        let isInTotal = elapsed(now: now) + pause + retryAfter <= policy.total
        return policy.outage > .zero && isInTime && isInTotal ? pause + retryAfter : nil
    }
}
