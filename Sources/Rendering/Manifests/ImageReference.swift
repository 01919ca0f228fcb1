internal import CapsuleCore

/// An image reference as written in a manifest: `name[:tag][@digest]`, with nothing expanded.
package struct ImageReference: Hashable {
    package let name: String
    package let tag: String?
    package let digest: String?

    package init(_ text: some StringProtocol) {
        let parts = ImageName(String(text))
        (name, tag, digest) = (parts.name, parts.tag, parts.digest)
    }

    /// The repository that a container runtime would pull from, in full: `redis` is `docker.io/library/redis`, and the
    /// registry is in its normal form.
    package var repository: String {
        var segments = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let first = segments.first else { return name }
        // Docker takes a first segment with a capital letter for a host, too.
        let isHost = first.contains(".") || first.contains(":") || first.lowercased() != first || first == "localhost"
        if segments.count == 1 || !isHost {
            segments.insert(RegistryHost.dockerHub, at: 0)
        } else {
            segments[0] = RegistryHost.normalized(first)
        }
        if segments[0] == RegistryHost.dockerHub, segments.count == 2 { segments.insert("library", at: 1) }
        return segments.joined(separator: "/")
    }
}

/// The normal form of the host of a registry.
enum RegistryHost {
    static let dockerHub = "docker.io"

    /// The host in lower case, without a final dot and without the default port; every host of Docker Hub is
    /// `docker.io`.
    static func normalized(_ text: some StringProtocol) -> String {
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
