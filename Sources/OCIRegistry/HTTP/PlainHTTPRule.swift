/// The hosts that may be reached over plain HTTP.
struct PlainHTTPRule: Sendable {
    let hosts: Set<String>
    let loopback: Bool

    /// True when `host[:port]`, a registry's name, is one of these hosts.
    func covers(registry: String, host: String) -> Bool {
        hosts.contains(registry) || hosts.contains(host) || (loopback && HostKind(host) == .loopback)
    }

    /// True when requests to an `http` origin are allowed.
    func allows(_ origin: Origin) -> Bool { covers(registry: origin.authority, host: origin.host) }
}
