package import HTTPServer

/// The limits of a service. Each limit has a test at it and one past it.
package struct ServiceLimits: Sendable {
    /// The limits of connections and of the HTTP requests on them.
    package var http = ServerLimits()
    /// The limits of the port for probes and metrics. A probe, a scraper and an operator open a few connections each.
    package var health: ServerLimits = {
        var limits = ServerLimits()
        limits.connections = 128
        limits.bodySize = 0
        return limits
    }()
    /// The maximum number of concurrent verifications. Each holds a capsule of up to 32 MiB in memory, and more than
    /// there are cores gain nothing.
    package var verifications = 4
    /// The maximum number of concurrent renders and statements that callers wait for. Each runs git and a renderer.
    package var deliveries = 4
    /// The maximum number of concurrent promotions, which have places of their own: those that wait for a Git host must not
    /// take the places of callers.
    package var runningPromotions = 4
    /// The maximum number of requests that wait for a verification or a render. A pipeline of a hundred stages sends a
    /// hundred at once.
    package var queue = 512
    /// The time limit of a request, including its wait. Kargo's own default for an http step is five minutes.
    package var requestTime: Duration = .seconds(120)
    /// The maximum number of promotions that wait or run.
    package var promotions = 1_000
    /// The time limit of a running promotion: twice the limits of a fetch and a push, and a render.
    package var promotionTime: Duration = .seconds(900)
    /// The time after which a promotion from before a restart that met an outage is tried again; it doubles with each try.
    package var retryPause: Duration = .seconds(1)
    /// The maximum of that time: the outages of a Git host or a registry last for minutes.
    package var maximumRetryPause: Duration = .seconds(60)
    /// The maximum number of completed promotions that are kept.
    package var completedPromotions = 1_000
    /// The time, in seconds, for which the result of a promotion is kept for a client that has not read it yet.
    package var collectionTime: Int64 = 600
    /// The maximum size of the capsules in the cache on disk, in bytes.
    package var cacheSize: Int64 = 1 << 30
    /// The maximum number of verdicts in the cache; each takes some 8 KiB.
    package var verdicts = 2_048
    /// The maximum number of tags in the cache.
    package var tags = 10_000
    /// The time between two checks of the programs and directories that work requires.
    package var checkInterval: Duration = .seconds(5)
    /// The time for which no program can be started before `/healthz` says so: a restart helps then, and not against a
    /// short shortage.
    package var startPatience: Duration = .seconds(60)

    /// Creates the default limits.
    package init() {}
}
