/// A typed, sized pointer to content.
///
/// The fields `urls` and `data` of the specification are preserved, and never followed or used as content.
/// [image-spec, Content Descriptors](https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md)
public struct Descriptor: Hashable, Sendable, Codable {
    /// The media type of the content.
    public var mediaType: String
    /// The digest of the content.
    public var digest: Digest
    /// The size of the content in bytes, never negative.
    public var size: Int64
    /// The type of the artifact, on descriptors of manifests.
    public var artifactType: String?
    /// The annotations of the content.
    public var annotations: [String: String]?
    /// The machine that a manifest in an index is for.
    public var platform: Platform?
    /// Further addresses of the content. They are never fetched: otherwise the writer of a manifest could choose the
    /// hosts that this program connects to.
    public var urls: [String]?
    /// The content itself in base64, where a writer embedded it. It is never used: content is read from a store and
    /// verified.
    public var data: String?

    /// Describes content.
    public init(
        mediaType: String, digest: Digest, size: Int64, artifactType: String? = nil,
        annotations: [String: String]? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.artifactType = artifactType
        self.annotations = annotations
    }

    /// Describes bytes in memory.
    public init(
        mediaType: String, content: [UInt8], artifactType: String? = nil, annotations: [String: String]? = nil
    ) {
        self.init(
            mediaType: mediaType, digest: .sha256(of: content), size: Int64(content.count), artifactType: artifactType,
            annotations: annotations)
    }

    /// The descriptor with media type, digest and size only, as a store returns it for a tag.
    public var target: Descriptor { Descriptor(mediaType: mediaType, digest: digest, size: size) }

    /// Decodes a descriptor.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try container.decode(String.self, forKey: .mediaType)
        digest = try container.decode(Digest.self, forKey: .digest)
        size = try container.decode(Int64.self, forKey: .size)
        artifactType = try container.decodeIfPresent(String.self, forKey: .artifactType)
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations)
        platform = try container.decodeIfPresent(Platform.self, forKey: .platform)
        urls = try container.decodeIfPresent([String].self, forKey: .urls)
        data = try container.decodeIfPresent(String.self, forKey: .data)
        guard size >= 0 else {
            throw OCIError(.invalidManifest, "the descriptor of \(digest) has the negative size \(size)")
        }
    }
}
