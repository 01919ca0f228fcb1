/// Where a server listens, and how.
package struct ServerConfiguration: Sendable {
    /// A name or an address of IPv4 or IPv6, without brackets. A name is listened on at each of its addresses.
    package var host: String
    /// The port; 0 for one that is free.
    package var port: Int
    /// How many threads serve connections. One is enough for tens of thousands of requests a second; what takes longer runs
    /// in tasks.
    package var threads = 1
    /// Asked for each new connection, on a thread that serves others meanwhile, for the pair to encrypt it with; nil serves
    /// plain HTTP.
    package var certificate: (@Sendable () -> ServerTLS)?
    /// How much of its clients it puts up with.
    package var limits = ServerLimits()

    /// Listens at this address.
    package init(host: String = "127.0.0.1", port: Int = 0) {
        self.host = host
        self.port = port
    }
}
