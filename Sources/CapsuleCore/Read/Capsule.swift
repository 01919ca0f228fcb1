public import OCI

/// The bytes of a capsule. Sizes and digests are verified, and the manifest has the shape of `format.md` §2. Nothing
/// else is verified: a capsule can only be shown, compared and verified.
public struct Capsule: Sendable {
    /// The repository or layout that it was read from.
    public let store: StoreReference
    /// The tag that it was resolved by; nil when it was a digest.
    public let tag: Tag?
    /// The manifest, read as a capsule's.
    package let shape: CapsuleManifest
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
    /// The reference of the capsule by its digest, which a moved tag does not change.
    public var reference: ArtifactReference { ArtifactReference(store, tag: tag, digest: digest) }

    package init(store: StoreReference, tag: Tag?, shape: CapsuleManifest, config: [UInt8], layer: [UInt8]) {
        self.store = store
        self.tag = tag
        self.shape = shape
        self.config = config
        self.layer = layer
    }
}

extension BuiltCapsule {
    /// Returns the capsule in the form that `inspect` and `diff` take.
    public func capsule() throws(CapsuleError) -> Capsule {
        Capsule(
            store: .layout(path: "(built)"), tag: tag, shape: try CapsuleManifest(manifest), config: config,
            layer: layer)
    }
}
