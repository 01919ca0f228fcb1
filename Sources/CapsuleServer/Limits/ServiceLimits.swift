package import HTTPServer

/// The limits of a service. Each limit has a test at it and one past it.
public struct ServiceLimits: Sendable {
    /// The limits of connections and of the HTTP requests on them.
    package var http = ServerLimits()
    /// The maximum number of concurrent verifications. Each holds a capsule of up to 32 MiB in memory, and more than
    /// there are cores gain nothing.
    public var verifications = 4
    /// The maximum number of concurrent renders and promotions. Each runs git and a renderer.
    public var deliveries = 4
    /// The maximum number of requests that wait for a verification or a render. A pipeline of a hundred stages sends a
    /// hundred at once.
    public var queue = 512
    /// The time limit of a request, including its wait. Kargo's own default for an http step is five minutes.
    public var requestTime: Duration = .seconds(120)
    /// The maximum number of promotions that wait or run.
    public var promotions = 1_000
    /// The time limit of a running promotion: twice the limits of a fetch and a push, and a render.
    public var promotionTime: Duration = .seconds(900)
    /// The maximum number of completed promotions that are kept.
    public var completedPromotions = 1_000
    /// The time, in seconds, for which the result of a promotion is kept for a client that has not read it yet.
    public var collectionTime: Int64 = 600
    /// The maximum size of the capsules in the cache on disk, in bytes.
    public var cacheSize: Int64 = 1 << 30
    /// The maximum number of verdicts in the cache; each takes some 8 KiB.
    public var verdicts = 2_048
    /// The maximum number of tags in the cache.
    public var tags = 10_000

    /// Creates the default limits.
    public init() {}
}
