/// A proxy that a request goes through. HTTP proxies tunnel with CONNECT, for `http` origins as well.
public struct HTTPProxy: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// How the proxy is spoken to.
    public enum Scheme: String, Hashable, Sendable {
        /// CONNECT without TLS to the proxy.
        case http
        /// CONNECT with TLS to the proxy.
        case https
        /// SOCKS 5. Names are resolved by the proxy.
        case socks5
    }

    /// The name and the password for the proxy, sent as Basic or by the rules of SOCKS.
    public struct Login: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        let user: String
        let password: String

        /// A login. The user's name cannot hold a colon.
        public init(user: String, password: String) {
            self.user = user
            self.password = password
        }

        /// Never shown.
        public var description: String { "login" }
        /// Nothing to look into.
        public var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// How the proxy is spoken to.
    public let scheme: Scheme
    /// A DNS name, four decimal numbers, or an IPv6 address without brackets.
    public let host: String
    /// From 1 to 65535.
    public let port: Int
    /// What the proxy wants to know, if anything.
    public let login: Login?

    /// A proxy. It is checked when a request is sent.
    public init(scheme: Scheme, host: String, port: Int, login: Login? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.login = login
    }

    /// Scheme, host and port; the login is never shown.
    public var description: String {
        "\(scheme.rawValue)://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)"
    }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
