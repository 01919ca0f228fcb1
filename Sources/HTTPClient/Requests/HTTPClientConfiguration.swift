/// The configuration of a client.
package struct HTTPClientConfiguration: Sendable {
    /// The time limit for a connection, from the name lookup to the end of the TLS handshake.
    package var connectTimeout: Duration = .seconds(15)
    /// The time limit without progress, while the caller does not hold the transfer back.
    package var idleTimeout: Duration = .seconds(60)
    /// The minimum rate in bytes a second of all transfers together, over `rateWindow`; 0 for none. Transfers that have lasted
    /// so long end when it is not reached.
    package var minimumRate: Int64 = 0
    /// The time over which the rate is measured.
    package var rateWindow: Duration = .seconds(120)
    /// The limit for concurrent requests to one origin by one proxy; further requests wait. Browsers and container tools use a
    /// similar number.
    package var connectionsPerOrigin = 8
    /// The number of idle connections that are kept: enough for two origins, a registry and its blob storage.
    package var keptConnections = 16
    /// The trust and the client certificate for an origin with TLS. The client's thread calls it for every request to such an
    /// origin, and for proxies with TLS: it must not block.
    package var trust: @Sendable (HTTPOrigin) -> HTTPTrust = { _ in .system }

    /// The defaults.
    package init() {}
}
