package import HTTPServer

/// The limits of a service. Each limit has a test at it and one past it.
public struct ServiceLimits: Sendable {
    /// The limits of connections and of the HTTP requests on them.
    package var http = ServerLimits()
    /// The most verifications at a time. Each holds a capsule of up to 32 MiB, and more than there are cores gain nothing.
    public var verifications = 4
    /// The most renders and promotions at a time. Each runs git and a renderer.
    public var deliveries = 4
    /// The most requests that wait for a verification or a render. A pipeline of a hundred stages sends a hundred at once.
    public var queue = 512
    /// The time limit of a request, waiting included. Kargo's own default for an http step is five minutes.
    public var requestTime: Duration = .seconds(120)
    /// The most promotions that wait or run.
    public var promotions = 1_000
    /// The time limit of a promotion from when it runs: twice the limits of a fetch and a push, and a render.
    public var promotionTime: Duration = .seconds(900)
    /// The most completed promotions that are kept.
    public var completedPromotions = 1_000
    /// How long, in seconds, the result of a promotion is kept for a client that has not read it yet.
    public var collectionTime: Int64 = 600
    /// The most bytes of capsules in the cache on disk.
    public var cacheSize: Int64 = 1 << 30
    /// The most verdicts in the cache; each takes some 8 KiB.
    public var verdicts = 2_048
    /// The most tags in the cache.
    public var tags = 10_000

    /// The limits above.
    public init() {}
}
