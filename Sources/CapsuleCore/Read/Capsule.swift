public import OCI

/// The whole bytes of a capsule. Sizes and digests hold and the manifest has the shape; nothing else is established, so
/// this can be looked at and verified, and nothing more.
public struct Capsule: Sendable {
    /// Where it was read.
    public let place: Place
    /// The tag it was found by, if it was.
    public let tag: Tag?
    /// The manifest, read as a capsule's.
    public let shape: CapsuleManifest
    /// The config.
    public let config: [UInt8]
    /// The layer.
    public let layer: [UInt8]

    /// The manifest.
    public var manifest: RawManifest { shape.raw }
    /// The capsule's digest.
    public var digest: Digest { shape.digest }
    /// The capsule's annotations.
    public var annotations: [String: String] { shape.annotations }
    /// The capsule by its digest: what stays the same whatever becomes of the tag.
    public var location: Location { Location(place, tag: tag, digest: digest) }

    package init(place: Place, tag: Tag?, shape: CapsuleManifest, config: [UInt8], layer: [UInt8]) {
        self.place = place
        self.tag = tag
        self.shape = shape
        self.config = config
        self.layer = layer
    }
}

extension BuiltCapsule {
    /// The built capsule as one that was read: what `inspect` and `diff` take.
    public func capsule() throws(CapsuleError) -> Capsule {
        Capsule(
            place: .layout(path: "(built)"), tag: tag, shape: try CapsuleManifest(manifest), config: config,
            layer: layer)
    }
}
