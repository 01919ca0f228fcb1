/// What all parts of one client share.
struct ClientContext: Sendable {
    let configuration: RegistryConfiguration

    var plainHTTP: PlainHTTPRule {
        PlainHTTPRule(hosts: configuration.plainHTTPHosts, loopback: configuration.plainHTTPOnLoopback)
    }
}
