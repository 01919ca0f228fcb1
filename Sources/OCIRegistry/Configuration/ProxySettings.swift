internal import OCI
internal import Support

/// The proxy settings of an environment, by the rules that curl and Go share.
package struct ProxySettings: Hashable, Sendable {
    /// The value of a variable that names a proxy.
    private enum Setting: Hashable, Sendable {
        case proxy(Proxy)
        /// A value that cannot be used, and the reason.
        case unusable(variable: String, reason: String)
    }

    private var https: Setting?
    private var http: Setting?
    private var exceptions = ProxyExceptions()

    /// No proxies.
    package init() {}

    /// Reads `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and `ALL_PROXY`, in either case; the lowercase name wins.
    ///
    /// A value that cannot be used is an error of the first request that requires it: most commands do not connect to a
    /// registry, or not by a proxy.
    package init(environment: [String: String]) {
        func found(_ name: String) -> (variable: String, text: String)? {
            for name in [name.lowercased(), name] {
                if let value = environment[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        func setting(_ name: String) -> Setting? {
            guard let (variable, text) = found(name) ?? found("ALL_PROXY") else { return nil }
            do throws(InvalidAddress) {
                return .proxy(try Proxy(text, variable: variable))
            } catch {
                return .unusable(variable: variable, reason: error.description)
            }
        }
        https = setting("HTTPS_PROXY")
        http = setting("HTTP_PROXY")
        exceptions = ProxyExceptions(found("NO_PROXY")?.text ?? "")
    }

    /// The proxy for an origin; nil for a direct connection. Loopback is never proxied.
    ///
    /// - Throws: `OCIError.Code.invalidName` when the variable's value cannot be used.
    func proxy(for origin: Origin) throws(OCIError) -> Proxy? {
        guard let setting = origin.scheme == .https ? https : http, HostKind(origin.host) != .loopback,
            !exceptions.contains(host: origin.host, port: origin.port)
        else { return nil }
        switch setting {
        case .proxy(let proxy): return proxy
        case .unusable(let variable, let reason):
            throw OCIError(
                .invalidName,
                "\(origin.authority) is reached through the proxy of \(variable), whose value is not the address of a proxy: "
                    + "\(reason). Write http://, https://, socks5:// or socks4a:// and HOST:PORT, or name the host in NO_PROXY"
            )
        }
    }
}
