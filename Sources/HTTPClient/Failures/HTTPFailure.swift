/// A failed request, or a response that failed before its end.
package struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// The name has no address, or cannot be resolved.
        case nameNotResolved
        /// The connection was refused.
        case refused
        /// The other side reset the connection.
        case reset
        /// There is no route to the host.
        case noRoute
        /// No connection was made, TLS included, or became free, in time.
        case connectTimeout
        /// The response, or its next bytes, did not arrive in time.
        case timeout
        /// The server did not accept the next bytes of a body in time.
        case sendTimeout
        /// The other side closed the connection before the end.
        case closed
        /// The response violates HTTP/1.1.
        case notHTTP
        /// The other side does not speak TLS.
        case notTLS
        /// The TLS handshake failed: versions, algorithms, or a missing client certificate.
        case tls
        /// The certificate has expired, or is not valid yet.
        case certificateExpired
        /// The certificate is for another name.
        case certificateForOtherName
        /// The certificate is signed by an authority that is not trusted.
        case unknownAuthority
        /// The server does not send the certificates between its own and that of an authority.
        case incompleteChain
        /// The certificate is not trusted for another reason.
        case certificate
        /// The server requires a certificate of the client, or does not accept the one that it has.
        case clientCertificate
        /// The proxy requires authentication, or rejects the login.
        case proxyAuthentication
        /// The proxy did not make the connection.
        case proxyRefused
        /// The request or the configuration is invalid. Nothing was sent, or not all of it.
        case invalidRequest
        /// The client or the response was closed.
        case cancelled
        /// The head of the response is too large.
        case tooLargeHead
        /// The body of the response is larger than the caller's limit.
        case tooLarge
        /// The system or the library failed.
        case io

        /// True when a connection with TLS failed because of a certificate.
        package var isAboutCertificate: Bool {
            switch self {
            case .certificateExpired, .certificateForOtherName, .unknownAuthority, .incompleteChain, .certificate,
                .clientCertificate:
                true
            default: false
            }
        }
    }

    /// The party that failed.
    package enum Party: String, Hashable, Sendable {
        /// The origin of the request, or the network to it.
        case server
        /// The proxy, or the network to it.
        case proxy
        /// The client or its caller.
        case client
    }

    /// The kind of failure.
    package let code: Code
    /// The party that failed.
    package let party: Party
    /// The reason, as a sentence whose subject is the party. It contains no address, header field or secret.
    package let reason: String
    /// True when another try can succeed.
    package let isTransient: Bool

    init(_ code: Code, _ reason: String, by party: Party = .server, isTransient: Bool = true) {
        self.code = code
        self.party = party
        self.reason = reason
        self.isTransient = isTransient
    }

    /// The reason.
    package var description: String { reason }

    static func invalid(_ reason: String) -> HTTPFailure {
        HTTPFailure(.invalidRequest, reason, by: .client, isTransient: false)
    }

    static func notHTTP(_ reason: String) -> HTTPFailure { HTTPFailure(.notHTTP, reason) }

    static let closed = HTTPFailure(.closed, "it closed the connection")
    static let clientClosed = HTTPFailure(
        .cancelled, "the HTTP client was closed", by: .client, isTransient: false)
}
