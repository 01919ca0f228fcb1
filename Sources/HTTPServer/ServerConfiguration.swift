/// The configuration of a server.
package struct ServerConfiguration: Sendable {
    /// A name or an address of IPv4 or IPv6, without brackets. A name is listened on at each of its addresses; `*` is every
    /// address of both families, and so is `::`.
    package var host: String
    /// The port; 0 for a free one.
    package var port: Int
    /// The number of threads that serve connections. One suffices for tens of thousands of requests a second; slow work runs in tasks.
    package var threads = 1
    /// Returns the certificate for a new connection; nil serves plain HTTP. It is called on a thread that serves other connections,
    /// and must not block for long.
    package var certificate: (@Sendable () -> ServerTLS)?
    /// The limits of connections and requests.
    package var limits = ServerLimits()

    /// Listens at this address.
    package init(host: String = "127.0.0.1", port: Int = 0) {
        self.host = host
        self.port = port
    }
}
