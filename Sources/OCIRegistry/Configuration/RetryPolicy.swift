/// When something that is safe to repeat is tried again.
public struct RetryPolicy: Hashable, Sendable {
    /// The most tries of one operation, the first included. A download that made progress starts counting again.
    public var tries = 5
    /// The first pause is between nothing and this; each further one between nothing and twice as much.
    public var firstPause: Duration = .milliseconds(250)
    /// No pause is longer than this, whatever the number of tries.
    public var longestPause: Duration = .seconds(10)
    /// The most time that an operation spends on being tried again: two minutes ride out a restart of a registry, and a
    /// CI job that waits longer is better told.
    public var total: Duration = .seconds(120)
    /// The longest `Retry-After` that is waited for. A longer one fails at once, and the message says so.
    public var longestRetryAfter: Duration = .seconds(60)

    /// The policy with its defaults.
    public init() {}
}
