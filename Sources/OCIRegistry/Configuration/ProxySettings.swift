internal import HTTPClient
package import OCI
internal import Support

/// The proxy settings of an environment, by the rules that curl and Go share.
package struct ProxySettings: Hashable, Sendable {
    /// A proxy that tunnels: with CONNECT, with or without TLS to the proxy, or by SOCKS 5.
    package struct Proxy: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        /// The protocol to the proxy.
        package enum Scheme: String, Hashable, Sendable {
            /// CONNECT without TLS to the proxy.
            case http
            /// CONNECT with TLS to the proxy.
            case https
            /// SOCKS 5; the proxy resolves names.
            case socks5
        }

        /// The protocol to the proxy.
        package let scheme: Scheme
        /// The proxy's host.
        package let host: String
        /// The proxy's port.
        package let port: Int
        let user: String?
        let password: String?

        /// The proxy as a value of the HTTP client.
        var http: HTTPProxy {
            let scheme: HTTPProxy.Scheme =
                switch scheme {
                case .http: .http
                case .https: .https
                case .socks5: .socks5
                }
            return HTTPProxy(
                scheme: scheme, host: host, port: port,
                login: user.map { HTTPProxy.Login(user: $0, password: password ?? "") })
        }

        /// Host and port, without the password.
        package var description: String { "\(host):\(port)" }

        /// An empty reflection, so that no dump shows the secret.
        package var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// The proxy for `https` addresses.
    package var https: Proxy?
    /// The proxy for `http` addresses.
    package var http: Proxy?
    var exceptions: [String] = []

    /// No proxies.
    package init() {}

    /// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and `ALL_PROXY`, in either case; the lowercase name wins.
    ///
    /// - Throws: `OCIError.Code.invalidName` for an invalid proxy address.
    package init(environment: [String: String]) throws(OCIError) {
        func value(_ name: String) -> String? {
            for name in [name.lowercased(), name] {
                if let value = environment[name], !value.isEmpty { return value }
            }
            return nil
        }
        let all = value("ALL_PROXY")
        https = try (value("HTTPS_PROXY") ?? all).map { text throws(OCIError) in
            try Self.parse(text, variable: "HTTPS_PROXY")
        }
        http = try (value("HTTP_PROXY") ?? all).map { text throws(OCIError) in
            try Self.parse(text, variable: "HTTP_PROXY")
        }
        exceptions =
            value("NO_PROXY")?.split { $0 == "," || $0 == " " }.map { $0.lowercased() } ?? []
    }

    /// The proxy for an origin; nil for a direct connection. Loopback is never proxied.
    func proxy(for origin: Origin) -> Proxy? {
        guard let proxy = origin.scheme == .https ? https : http, HostKind(origin.host) != .loopback else { return nil }
        return exceptions.contains { Self.matches($0, origin) } ? nil : proxy
    }

    private static func parse(_ text: String, variable: String) throws(OCIError) -> Proxy {
        let invalid = OCIError(
            .invalidName,
            "\(variable) is not the address of a proxy; write http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT"
        )
        var rest = text[...]
        var scheme = Proxy.Scheme.http
        if let separator = text.firstRange(of: "://") {
            // curl's name for what Go calls `socks5`: either way the proxy resolves names.
            let name = text[..<separator.lowerBound].lowercased()
            guard let known = Proxy.Scheme(rawValue: name == "socks5h" ? "socks5" : name) else { throw invalid }
            scheme = known
            rest = text[separator.upperBound...]
        }
        var user: String?
        var password: String?
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        rest = rest[..<end]
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = PercentEncoding.decode(parts.first ?? "")
            password = parts.count == 2 ? PercentEncoding.decode(parts[1]) : ""
            rest = rest[rest.index(after: at)...]
        }
        guard let address = try? WebAddress("\(scheme == .https ? "https" : "http")://\(rest)") else { throw invalid }
        // `WebAddress` gives an address without a port the port 80; the default port of SOCKS is 1080.
        var port = address.origin.port
        if scheme == .socks5, !rest.hasSuffix(":\(port)") { port = 1080 }
        return Proxy(scheme: scheme, host: address.origin.host, port: port, user: user, password: password)
    }

    /// True when an entry of `NO_PROXY` matches this host: `*`, a name and everything below it, an address, a CIDR range,
    /// each with a port or without.
    private static func matches(_ entry: String, _ origin: Origin) -> Bool {
        if entry == "*" { return true }
        if let range = AddressRange(entry) { return range.contains(origin.host) }
        var name = entry[...]
        if !name.hasPrefix("["), let colon = name.lastIndex(of: ":"), name.firstIndex(of: ":") == colon {
            guard Int(name[name.index(after: colon)...]) == origin.port else { return false }
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        if name.hasPrefix("*.") { name = name.dropFirst() }
        if name.hasPrefix(".") { return origin.host.hasSuffix(name) }
        return origin.host == name || origin.host.hasSuffix(".\(name)")
    }
}

/// An IPv4 range such as `10.0.0.0/8`.
private struct AddressRange {
    let base: UInt32
    let mask: UInt32

    init?(_ text: String) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let base = Self.number(String(parts[0])), let bits = Int(parts[1]),
            (0...32).contains(bits)
        else { return nil }
        mask = bits == 0 ? 0 : UInt32.max << (32 - bits)
        self.base = base & mask
    }

    func contains(_ host: String) -> Bool { Self.number(host).map { $0 & mask == base } ?? false }

    private static func number(_ text: String) -> UInt32? {
        HostKind.dottedQuad(text)?.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
