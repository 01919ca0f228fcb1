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

    /// The repository that a container runtime would pull from, in full: `redis` is `docker.io/library/redis`, host
    /// names are lowercase, and port 443 is left out.
    package var repository: String {
        var segments = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let first = segments.first else { return name }
        if segments.count == 1 || !(first.contains(".") || first.contains(":") || first == "localhost") {
            segments.insert("docker.io", at: 0)
        } else {
            segments[0] = first.lowercased()
        }
        if segments[0].hasSuffix(":443") { segments[0].removeLast(4) }
        if ["index.docker.io", "registry-1.docker.io"].contains(segments[0]) { segments[0] = "docker.io" }
        if segments[0] == "docker.io", segments.count == 2 { segments.insert("library", at: 1) }
        return segments.joined(separator: "/")
    }
}
