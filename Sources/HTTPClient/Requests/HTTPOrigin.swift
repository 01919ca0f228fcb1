/// An origin: scheme, host and port. Trust, client certificates and connections belong to an origin.
///
/// [RFC 9110, section 4.3.1](https://www.rfc-editor.org/rfc/rfc9110#section-4.3.1)
package struct HTTPOrigin: Hashable, Sendable {
    /// The scheme of an origin.
    package enum Scheme: String, Hashable, Sendable {
        /// Without TLS.
        case http
        /// With TLS, version 1.2 at least.
        case https
    }

    /// The scheme.
    package let scheme: Scheme
    /// A DNS name, four decimal numbers, or an IPv6 address without brackets.
    package let host: String
    /// From 1 to 65535.
    package let port: Int

    /// An origin. It is checked when a request is sent.
    package init(scheme: Scheme, host: String, port: Int? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port ?? (scheme == .https ? 443 : 80)
    }
}
