internal import HTTPClient
internal import Support

extension ProxySettings {
    /// A proxy that tunnels: with CONNECT, with or without TLS to the proxy, or by SOCKS.
    package struct Proxy: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        /// The protocol to the proxy.
        package enum Scheme: String, Hashable, Sendable {
            /// CONNECT without TLS to the proxy.
            case http
            /// CONNECT with TLS to the proxy.
            case https
            /// SOCKS 5; the proxy resolves names.
            case socks5
            /// SOCKS 4a; the proxy resolves names.
            case socks4a
        }

        /// The protocol to the proxy.
        package let scheme: Scheme
        /// The proxy's host.
        package let host: String
        /// The proxy's port.
        package let port: Int
        /// The variable that names the proxy.
        package let variable: String
        let user: String?
        let password: String?

        /// Reads the value of `variable`. An address without a scheme is that of an HTTP proxy.
        init(_ text: String, variable: String) throws(InvalidAddress) {
            var rest = text[...]
            var scheme = Scheme.http
            if let separator = text.firstRange(of: "://") {
                let name = text[..<separator.lowerBound].lowercased()
                // curl's name for what Go calls `socks5`: either way the proxy resolves names.
                guard let known = Scheme(rawValue: name == "socks5h" ? "socks5" : name) else {
                    let isScheme = !name.isEmpty && name.utf8.allSatisfy(HeaderScanner.isTokenByte)
                    throw InvalidAddress(
                        description: isScheme ? "the scheme \(quoted(name)) is not supported" : "it has no scheme")
                }
                scheme = known
                rest = text[separator.upperBound...]
            }
            rest = rest[..<(rest.firstIndex(of: "/") ?? rest.endIndex)]
            if let at = rest.lastIndex(of: "@") {
                let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                user = PercentEncoding.decode(parts.first ?? "")
                password = parts.count == 2 ? PercentEncoding.decode(parts[1]) : ""
                rest = rest[rest.index(after: at)...]
            } else {
                (user, password) = (nil, nil)
            }
            if scheme == .socks4a, let password, !password.isEmpty {
                throw InvalidAddress(description: "SOCKS 4 has no passwords")
            }
            let address = try WebAddress("\(scheme == .https ? "https" : "http")://\(rest)")
            // `WebAddress` gives an address without a port the port 80; the default port of SOCKS is 1080.
            let isSOCKS = scheme == .socks5 || scheme == .socks4a
            port = isSOCKS && !rest.hasSuffix(":\(address.origin.port)") ? 1080 : address.origin.port
            host = address.origin.host
            self.scheme = scheme
            self.variable = variable
        }

        /// The proxy as a value of the HTTP client.
        var http: HTTPProxy {
            let scheme: HTTPProxy.Scheme =
                switch scheme {
                case .http: .http
                case .https: .https
                case .socks5: .socks5
                case .socks4a: .socks4a
                }
            return HTTPProxy(
                scheme: scheme, host: host, port: port,
                login: user.map { HTTPProxy.Login(user: $0, password: password ?? "") })
        }

        /// Host and port, without the password.
        package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        /// An empty reflection, so that no dump shows the secret.
        package var customMirror: Mirror { Mirror(self, children: []) }
    }
}
