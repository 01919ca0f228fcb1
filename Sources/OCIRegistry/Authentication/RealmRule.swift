internal import OCI

/// Which token servers a registry may send us to: they receive the password.
enum RealmRule {
    /// The address of the token server that `realm` names.
    ///
    /// - Throws: `OCIError.Code.protocolViolation`, before any request is made.
    static func check(_ realm: String, registry: Origin, plainHTTP: PlainHTTPRule) throws(OCIError) -> WebAddress {
        func refused(_ reason: String) -> OCIError {
            OCIError(
                .protocolViolation,
                "\(registry.authority) sends us for a token to an address that is refused: \(reason). "
                    + "The registry is misconfigured, or somebody is between you and it")
        }
        let address: WebAddress
        do { address = try WebAddress(realm) } catch { throw refused(error.description) }
        let origin = address.origin
        let sameHost = origin.host == registry.host
        switch HostKind(origin.host) {
        case .name, .global:
            break
        case .encoded:
            throw refused("its host is an IP address in disguise")
        case .loopback:
            guard sameHost || HostKind(registry.host) == .loopback else { throw refused("it is on this machine") }
        case .local:
            guard sameHost || HostKind(registry.host) == .loopback || HostKind(registry.host) == .local else {
                throw refused("it is in a private network, and the registry is not")
            }
        }
        if origin.scheme == .http {
            guard registry.scheme == .http else { throw refused("it is not https, as the registry is") }
            guard plainHTTP.allows(origin) else {
                throw refused("it is not https, and --plain-http does not name \(origin.authority)")
            }
        }
        return address
    }
}

/// Which hosts are spoken to without TLS.
struct PlainHTTPRule: Sendable {
    let hosts: Set<String>
    let loopback: Bool

    /// Whether `host[:port]`, a registry's name, is one of them.
    func covers(registry: String, host: String) -> Bool {
        hosts.contains(registry) || hosts.contains(host) || (loopback && HostKind(host) == .loopback)
    }

    /// Whether an `http` origin may be spoken to.
    func allows(_ origin: Origin) -> Bool { covers(registry: origin.authority, host: origin.host) }
}
