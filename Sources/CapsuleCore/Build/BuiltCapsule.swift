public import OCI
public import Support

/// A capsule that was just built and is nowhere yet.
public struct BuiltCapsule: Sendable {
    /// The manifest.
    public let manifest: RawManifest
    /// The config: the release as canonical JSON.
    public let config: [UInt8]
    /// The one layer.
    public let layer: [UInt8]
    /// The SBOM in the layer.
    public let sbom: [UInt8]
    /// The provenance in the layer.
    public let provenance: [UInt8]
    /// What `release.yaml` says.
    public let release: ReleaseManifest
    /// What the builder has to say that does not stop the release.
    public let warnings: [Finding]

    /// The capsule's digest: the digest is the release.
    public var digest: Digest { manifest.descriptor.digest }

    /// The tag that it is published under.
    public var tag: Tag { release.identity.tag }

    /// The capsule as a place to copy from, its tag set.
    public var content: any ContentSource {
        let store = MemoryStore()
        store.add(config, mediaType: CapsuleFormat.configMediaType)
        store.add(layer, mediaType: MediaType.layerTarGzip)
        store.add(manifest, tag: tag)
        return store
    }
}
