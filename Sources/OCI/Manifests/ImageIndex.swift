/// An image index: a list of manifests.
///
/// [image-spec, Image Index](https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md)
public struct ImageIndex: Hashable, Sendable, Codable {
    /// Always 2.
    public var schemaVersion = 2
    /// The media type of the index itself.
    public var mediaType: String?
    /// The type of the artifact.
    public var artifactType: String?
    /// The manifests.
    public var manifests: [Descriptor]
    /// The subject: the manifest that this index refers to.
    public var subject: Descriptor?
    /// The annotations.
    public var annotations: [String: String]?

    /// Creates an index.
    public init(manifests: [Descriptor], subject: Descriptor? = nil, annotations: [String: String]? = nil) {
        self.mediaType = MediaType.imageIndex
        self.manifests = manifests
        self.subject = subject
        self.annotations = annotations
    }
}
