/// An image manifest: a config, layers, and annotations.
///
/// [image-spec, Image Manifest](https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md)
public struct ImageManifest: Hashable, Sendable, Codable {
    /// Always 2.
    public var schemaVersion = 2
    /// The media type of the manifest itself.
    public var mediaType: String?
    /// The type of the artifact, when the manifest is not a container image.
    public var artifactType: String?
    /// The config.
    public var config: Descriptor
    /// The layers.
    public var layers: [Descriptor]
    /// The subject: the manifest that this one refers to.
    public var subject: Descriptor?
    /// The annotations.
    public var annotations: [String: String]?

    /// Creates a manifest.
    public init(
        artifactType: String? = nil, config: Descriptor, layers: [Descriptor], subject: Descriptor? = nil,
        annotations: [String: String]? = nil
    ) {
        self.mediaType = MediaType.imageManifest
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }
}
