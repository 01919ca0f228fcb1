internal import OCI

/// Validates the token server that a registry names in a challenge: it will receive the password.
enum RealmRule {
    /// The address of the token server that `realm` names.
    ///
    /// - Throws: `OCIError.Code.protocolViolation`, before any request is made.
    static func check(_ realm: String, registry: Origin, plainHTTP: PlainHTTPRule) throws(OCIError) -> WebAddress {
        func rejection(_ reason: String) -> OCIError {
            OCIError(
                .protocolViolation,
                "the token server address that \(registry.authority) names is rejected: \(reason). The registry is "
                    + "misconfigured, or somebody intercepts the connection")
        }
        let address: WebAddress
        do { address = try WebAddress(realm) } catch { throw rejection(error.description) }
        let origin = address.origin
        let sameHost = origin.host == registry.host
        switch HostKind(origin.host) {
        case .name, .global:
            break
        case .encoded:
            throw rejection("its host is an IP address in an unusual form")
        case .loopback:
            guard sameHost || HostKind(registry.host) == .loopback else { throw rejection("it is on this machine") }
        case .local:
            guard sameHost || HostKind(registry.host) == .loopback || HostKind(registry.host) == .local else {
                throw rejection("it is in a private network, and the registry is not")
            }
        }
        if origin.scheme == .http {
            guard registry.scheme == .http else { throw rejection("it uses http, and the registry https") }
            guard plainHTTP.allows(origin) else {
                throw rejection("it uses http, and --plain-http does not name \(origin.authority)")
            }
        }
        return address
    }
}
