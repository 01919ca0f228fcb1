/// Why an exchange came to no answer, or an answer to no end.
public struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// A name has no address, or nobody says which.
        case nameNotResolved
        /// Nobody listens there.
        case refused
        /// The other side broke the connection.
        case reset
        /// The network does not lead there.
        case noRoute
        /// There was no connection, TLS included, or none was free, in time.
        case connectTimeout
        /// An answer, or its next bytes, did not come in time.
        case timeout
        /// The next bytes of a body were not taken in time.
        case sendTimeout
        /// The other side closed the connection before the end.
        case closed
        /// The answer breaks the rules of HTTP/1.1.
        case notHTTP
        /// The other side does not speak TLS.
        case notTLS
        /// TLS could not agree: versions, algorithms, a client certificate that is missing.
        case tls
        /// The certificate is not trusted, has expired, or is for another name.
        case certificate
        /// The proxy wants a login, or another one.
        case proxyAuthentication
        /// The proxy does not make the connection.
        case proxyRefused
        /// The request cannot be sent as it is, or the configuration cannot be used. Nothing was sent, or not all.
        case invalidRequest
        /// The client was closed, or the answer was.
        case cancelled
        /// The head of the answer is too large.
        case tooLargeHead
        /// The body of the answer is larger than what was asked for.
        case tooLarge
        /// The system or the library failed.
        case io
    }

    /// Who failed.
    public enum Party: String, Hashable, Sendable {
        /// The origin of the request, or the way to it.
        case server
        /// The proxy, or the way to it.
        case proxy
        /// We, or our caller.
        case client
    }

    /// What went wrong.
    public let code: Code
    /// Who failed.
    public let party: Party
    /// What happened, fit for a message of which the party is the subject: no address, no header, no secret.
    public let reason: String
    /// Whether the same could work in a moment.
    public let isTransient: Bool

    init(_ code: Code, _ reason: String, by party: Party = .server, isTransient: Bool = true) {
        self.code = code
        self.party = party
        self.reason = reason
        self.isTransient = isTransient
    }

    /// The reason.
    public var description: String { reason }

    static func invalid(_ reason: String) -> HTTPFailure {
        HTTPFailure(.invalidRequest, reason, by: .client, isTransient: false)
    }

    static func notHTTP(_ reason: String) -> HTTPFailure { HTTPFailure(.notHTTP, reason) }

    static let closed = HTTPFailure(.closed, "it closed the connection")
    static let clientClosed = HTTPFailure(
        .cancelled, "the HTTP client was closed", by: .client, isTransient: false)
}
