/// The limits of a server's connections and of the requests on them. Times have a resolution of 20 ms.
package struct ServerLimits: Sendable {
    /// The maximum number of bytes of a request's body. A promotion's freight is under 2 KiB; 64 KiB leaves room for long names.
    package var bodySize = 64 << 10
    /// The maximum number of bytes of one header field, and of method and target. Tokens are under 4 KiB; proxies add long fields.
    package var headerFieldSize = 8 << 10
    /// The maximum number of bytes of all header fields together, the usual limit of web servers.
    package var headerSize = 16 << 10
    /// The maximum number of header fields.
    package var headerCount = 100
    /// The time limit of a head from its first byte to its last, and of a new connection until its first byte. Honest clients take
    /// milliseconds.
    package var headerTime: Duration = .seconds(10)
    /// The time limit of a body, from the end of the head to the end of the body.
    package var bodyTime: Duration = .seconds(10)
    /// The time limit for a connection between requests: longer than proxies keep theirs.
    package var idleTime: Duration = .seconds(75)
    /// The time limit for a client that reads nothing while responses wait for it: longer than a network hiccup. Each
    /// `unreadRate` bytes that it reads extend the deadline by a second, at most to this time from the read.
    package var unreadTime: Duration = .seconds(30)
    /// The bytes per second that a client must read: less than a telephone line carries, and enough that a client
    /// cannot keep a connection by reading a byte now and then.
    package var unreadRate = 4 << 10
    /// The maximum number of bytes of responses that wait for a client before its next request is read; one response may be longer.
    package var unreadSize = 64 << 10
    /// The time for which the rest of a request is read and discarded after its response, so that the client can read
    /// the response.
    package var lingerTime: Duration = .seconds(1)
    /// The maximum number of bytes that are discarded after a response: about as much as a client has in flight when it stops sending.
    package var lingerSize = 256 << 10
    /// The maximum number of connections at a time. Each holds a descriptor, and 1 KiB between requests, 20 with TLS. As many again are
    /// accepted over the limit: only probes are answered on them, and other requests are refused.
    package var connections = 4_096
    /// The time for which a connection over the limit is kept for a probe. A probe sends its request at once.
    package var probeTime: Duration = .seconds(1)

    /// Creates the limits with the defaults above.
    package init() {}
}
