/// Who answers: scheme, host and port together. Trust, client certificates and connections belong to an origin.
///
/// [RFC 9110, section 4.3.1](https://www.rfc-editor.org/rfc/rfc9110#section-4.3.1)
public struct HTTPOrigin: Hashable, Sendable {
    /// How the origin is spoken to.
    public enum Scheme: String, Hashable, Sendable {
        /// Without TLS.
        case http
        /// With TLS, version 1.2 at least.
        case https
    }

    /// How it is spoken to.
    public let scheme: Scheme
    /// A DNS name, four decimal numbers, or an IPv6 address without brackets.
    public let host: String
    /// From 1 to 65535.
    public let port: Int

    /// An origin. It is checked when a request is sent.
    public init(scheme: Scheme, host: String, port: Int? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port ?? (scheme == .https ? 443 : 80)
    }
}
