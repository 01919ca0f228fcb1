/// How long an operation at a registry or a Git host that cannot be reached is tried again. Time decides, not a count of tries.
public struct RetryPolicy: Hashable, Sendable {
    /// The time for which an operation is tried again without progress, apart from what a server requests with `Retry-After`;
    /// zero for one try. The last try is at most `longestPause` earlier, so that an outage of 20 seconds always ends in time:
    /// the restart of a registry, or of the proxy in front of it.
    public var outage: Duration = .seconds(30)
    /// The upper bound of the first pause; the bound doubles with each try.
    public var firstPause: Duration = .milliseconds(250)
    /// The upper bound of every pause.
    public var longestPause: Duration = .seconds(10)
    /// The time limit for all tries of one operation, `Retry-After` included: a CI job should not wait longer.
    public var total: Duration = .seconds(120)
    /// The longest `Retry-After` that is honoured. A longer one fails at once with a message that names the limit.
    public var longestRetryAfter: Duration = .seconds(60)

    /// The policy with its defaults.
    public init() {}

    /// The variable that sets `outage`: a number of seconds.
    package static let variable = "CAPSULE_RETRY_SECONDS"
    /// The most, in seconds, that the variable sets.
    package static let most = 3_600

    /// The policy of an environment; nil when its variable is not a number within the limits.
    package init?(environment: [String: String]) {
        guard let text = environment[Self.variable], !text.isEmpty else { return }
        guard let seconds = Int(text), (0...Self.most).contains(seconds) else { return nil }
        outage = .seconds(seconds)
        total = max(total, outage)
    }
}
