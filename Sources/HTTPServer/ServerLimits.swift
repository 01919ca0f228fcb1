/// How much of its clients a server puts up with. Times are measured by steps of 20 ms.
package struct ServerLimits: Sendable {
    /// The most bytes of a request's body.
    package var bodySize = 64 << 10
    /// The most bytes of one header field, and of method and target. Tokens are under 4 KiB; proxies add long fields.
    package var headerFieldSize = 8 << 10
    /// The most bytes of all header fields together, as web servers have it.
    package var headerSize = 16 << 10
    /// The most header fields.
    package var headerCount = 100
    /// How long a head may take from its first byte to its last, and a new connection to its first. Honest ones take
    /// milliseconds.
    package var headerTime: Duration = .seconds(10)
    /// How long a body may take from the head's end to its own.
    package var bodyTime: Duration = .seconds(10)
    /// How long a connection may stay open between requests: longer than proxies keep theirs.
    package var idleTime: Duration = .seconds(75)
    /// How long a client may read nothing while answers wait for it: longer than a network hiccup. Each `unreadRate` bytes that
    /// it reads give it a second more, up to as long again.
    package var unreadTime: Duration = .seconds(30)
    /// The bytes a second that a client must read. Less than a telephone's line, and enough that nobody holds a connection by
    /// reading a byte now and then.
    package var unreadRate = 4 << 10
    /// The most bytes of answers that wait for a client before its next request is looked at; one answer may be longer.
    package var unreadSize = 64 << 10
    /// How long the rest of a request is read and thrown away after its answer, so that the client gets to read that.
    package var lingerTime: Duration = .seconds(1)
    /// The most bytes that are thrown away so. What a client has on its way when it is told to stop is about as much.
    package var lingerSize = 256 << 10
    /// The most connections at a time. Each holds a descriptor, and 1 KiB between requests, 20 with TLS.
    package var connections = 4_096

    /// The limits above.
    package init() {}
}
