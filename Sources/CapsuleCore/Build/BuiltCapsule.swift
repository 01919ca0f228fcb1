public import OCI
public import Support

/// A capsule, or the package of a pair, that was built and is not published yet.
public struct BuiltCapsule: Sendable {
    /// The form of the release.
    public let form: ReleaseForm
    /// The manifest.
    public let manifest: RawManifest
    /// The config: an image config with the release as a label.
    public let config: [UInt8]
    /// The one layer.
    public let layer: [UInt8]
    /// The SBOM in the layer.
    public let sbom: [UInt8]
    /// The provenance in the layer.
    public let provenance: [UInt8]
    /// The release that `release.yaml` describes. The witness of a pair says the same, and names the package.
    public let release: ReleaseManifest
    /// The findings that do not stop the release.
    public let warnings: [Finding]
    /// The result of the search for the chart's values that name the application image, for a message; nil when the
    /// release records them, and for Kustomize.
    public let foundValues: String?

    /// The digest of the manifest, which is the capsule's digest.
    public var digest: Digest { manifest.descriptor.digest }

    /// The tag that it is published under.
    public var tag: Tag { release.identity.tag }

    /// The release of a pair's witness, which names the package in the store that it is published to.
    package func witnessed(in store: StoreReference) -> ReleaseManifest {
        var release = release
        release.artifact = .init(repoURL: store.description, tag: tag, digest: digest)
        return release
    }

    /// A content source that holds the capsule under its tag.
    public var content: any ContentSource {
        let store = MemoryStore()
        store.add(config, mediaType: MediaType.imageConfig)
        store.add(layer, mediaType: MediaType.layerTarGzip)
        store.add(manifest, tag: tag)
        return store
    }
}
