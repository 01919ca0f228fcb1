/// The normal form of the host of a registry.
package enum RegistryHost {
    package static let dockerHub = "docker.io"

    /// The host in lower case, without a final dot and without the default port; every host of Docker Hub is
    /// `docker.io`.
    package static func normalized(_ text: some StringProtocol) -> String {
        var host = text.lowercased()
        if let colon = host.lastIndex(of: ":"), let port = Int(host[host.index(after: colon)...]) {
            host.removeSubrange(colon...)
            while host.hasSuffix(".") { host.removeLast() }
            if port != 443 { host += ":\(port)" }
        }
        while host.hasSuffix(".") { host.removeLast() }
        let aliases = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]
        return aliases.contains(host) ? dockerHub : host
    }
}
