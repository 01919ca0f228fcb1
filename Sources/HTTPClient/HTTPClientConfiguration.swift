/// What all requests of one client have in common.
public struct HTTPClientConfiguration: Sendable {
    /// How long a connection may take, from looking up the name to the end of the TLS handshake.
    public var connectTimeout: Duration = .seconds(15)
    /// How long nothing may move while we are not the reason.
    public var idleTimeout: Duration = .seconds(60)
    /// Exchanges with one origin by one way at a time; the others wait. As many as browsers and container tools use.
    public var connectionsPerOrigin = 8
    /// Connections that are kept for later in all: two origins, a registry and where it stores its blobs.
    public var keptConnections = 16
    /// Whom to trust and how to show who we are, for each origin with TLS. It is called for every request to one, also for
    /// a proxy with TLS, by the client's thread: it must answer at once.
    public var trust: @Sendable (HTTPOrigin) -> HTTPTrust = { _ in .system }

    /// The defaults.
    public init() {}
}
