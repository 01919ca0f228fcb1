internal import Support

/// The proxies that Git uses. Git reads the same variables as the client of registries, but libcurl gives some entries of `NO_PROXY`
/// another meaning. So the decision is made here, for one server.
///
/// Git gets it by a setting without a value or by the environment, because an address can hold a password, and other users of the
/// machine can read arguments. Other entries of `NO_PROXY` are left as they are: credential helpers, which Git starts, read them
/// too. `http.proxy` of Git's own configuration takes
/// precedence over the variables, and its `http.URL.proxy` over both for that URL.
struct GitProxies: Sendable {
    /// What a command that connects to one server gets.
    struct Choice {
        /// Options of Git.
        var options: [String] = []
        /// Variables in addition to the user's, or instead of them.
        var environment: [String: String] = [:]
    }

    /// The value of a variable by its lowercase name, else by its uppercase name.
    private let variables: [String: String]
    private let exceptions: ProxyExceptions

    init(environment: [String: String]) {
        var variables: [String: String] = [:]
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            variables[name] = [environment[name], environment[name.uppercased()]].compactMap { $0 }.first {
                !$0.isEmpty
            }
        }
        self.variables = variables
        exceptions = ProxyExceptions(variables["no_proxy"] ?? "")
    }

    /// The proxy for a server, or none.
    func choice(for server: GitRemote.Server, isPlain: Bool) -> Choice {
        guard !GitRemote.isLoopback(server.host), !exceptions.contains(host: server.host, port: server.port) else {
            // An empty value ends the search: libcurl then uses no proxy, whatever variables there are.
            return Choice(options: ["-c", "http.proxy="])
        }
        var choice = Choice()
        let name = isPlain ? "http_proxy" : "https_proxy"
        if let address = variables[name] ?? variables["all_proxy"] {
            // libcurl's name for a proxy that resolves names, as it does for registries.
            let socks = "socks5://"
            let isSOCKS = address.prefix(socks.count).lowercased() == socks
            choice.environment[name] = isSOCKS ? "socks5h://\(address.dropFirst(socks.count))" : address
        }
        if let list = variables["no_proxy"] {
            let rest = list.split { $0 == "," || $0.isWhitespace }.filter { !Self.matchesInCurl($0, server.host) }
            for name in ["no_proxy", "NO_PROXY"] { choice.environment[name] = rest.joined(separator: ",") }
        }
        return choice
    }

    /// True when libcurl reads an entry as one for a host: it ignores a dot in front.
    private static func matchesInCurl(_ entry: Substring, _ host: String) -> Bool {
        var name = entry.lowercased().drop { $0 == "." }
        if name.hasSuffix(".") { name = name.dropLast() }
        return host == name || host.hasSuffix(".\(name)")
    }
}
