/// The proxy for a request. HTTP proxies tunnel with CONNECT, for `http` origins as well.
package struct HTTPProxy: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The protocol to the proxy.
    package enum Scheme: String, Hashable, Sendable {
        /// CONNECT without TLS to the proxy.
        case http
        /// CONNECT with TLS to the proxy.
        case https
        /// SOCKS 5. Names are resolved by the proxy.
        case socks5
        /// SOCKS 4a. Names are resolved by the proxy. It has a user, and no password.
        case socks4a

        /// True for the proxies that tunnel with CONNECT.
        var isHTTP: Bool { self == .http || self == .https }
    }

    /// The user and the password for the proxy, sent as Basic or by SOCKS.
    package struct Login: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        let user: String
        let password: String

        /// A login. The user's name cannot contain a colon.
        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }

        /// A constant text without the password.
        package var description: String { "login" }
        /// An empty reflection, so that no dump shows the password.
        package var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// The protocol to the proxy.
    package let scheme: Scheme
    /// A DNS name, four decimal numbers, or an IPv6 address without brackets.
    package let host: String
    /// From 1 to 65535.
    package let port: Int
    /// The login for the proxy, if it requires one.
    package let login: Login?

    /// A proxy. It is checked when a request is sent.
    package init(scheme: Scheme, host: String, port: Int, login: Login? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.login = login
    }

    /// Scheme, host and port, without the login.
    package var description: String {
        "\(scheme.rawValue)://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)"
    }
    /// An empty reflection, so that no dump shows the password.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
