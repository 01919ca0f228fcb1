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
    package var repository: String { ImageName(name).runtimeRepository }
}
