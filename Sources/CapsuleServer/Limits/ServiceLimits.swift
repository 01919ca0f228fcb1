/// How much the service takes on. Each limit has a test at it and one past it.
public struct ServiceLimits: Sendable {
    /// The most bytes of a request's body. A promotion's freight is under 2 KiB; 64 KiB leaves room for long names.
    public var bodySize = 64 << 10
    /// The most bytes of one header field. Tokens are under 4 KiB; proxies add long forwarding headers.
    public var headerFieldSize = 8 << 10
    /// The most bytes of all header fields together, as web servers have it.
    public var headerSize = 16 << 10
    /// The most header fields.
    public var headerCount = 100
    /// How long a client may take to send a request's head. Honest ones take milliseconds.
    public var headerTime: Duration = .seconds(10)
    /// How long a client may take to send a request's body, which is 64 KiB at most.
    public var bodyTime: Duration = .seconds(10)
    /// How long a connection may stay open between requests: longer than proxies keep theirs.
    public var idleTime: Duration = .seconds(75)
    /// How long a client may read nothing while answers wait for it: longer than a network hiccup.
    public var unreadTime: Duration = .seconds(30)
    /// How long the rest of a request is read and thrown away after its answer, so that the client gets to read that.
    public var lingerTime: Duration = .seconds(1)
    /// The most bytes that are thrown away so. What a client has on its way when it is told to stop is about as much.
    public var lingerSize = 256 << 10
    /// The most connections at a time. Each holds a file, and 1 KiB between requests, 10 with TLS.
    public var connections = 4_096
    /// The most verifications at a time. Each holds a capsule of up to 32 MiB, and more than cores gain nothing.
    public var verifications = 4
    /// The most renders and promotions at a time: each runs git and a renderer beside it.
    public var deliveries = 4
    /// The most requests that wait for a verification or render to end. A ladder of a hundred stages asks a hundred times at once.
    public var queue = 512
    /// How long a request may take, waiting included. Kargo's own default for an http step is five minutes.
    public var requestTime: Duration = .seconds(120)
    /// The most promotions that wait or run.
    public var promotions = 1_000
    /// How long a promotion may take once it runs: twice what a fetch and a push may take, and a render.
    public var promotionTime: Duration = .seconds(900)
    /// The most promotions that are remembered after they ended.
    public var completedPromotions = 1_000
    /// How long, in seconds, the result of a promotion is kept for a client that has not asked for it yet.
    public var collectionTime: Int64 = 600
    /// The most bytes of capsules that are kept on disk.
    public var cacheSize: Int64 = 1 << 30
    /// The most verdicts that are remembered; each takes some 8 KiB.
    public var verdicts = 2_048
    /// The most tags that are remembered.
    public var tags = 10_000

    /// The limits above.
    public init() {}
}
