internal import FoundationEssentials
internal import Support

/// A manifest as its bytes, which are the truth, and views decoded from exactly those.
public struct RawManifest: Sendable, CustomStringConvertible {
    /// The largest manifest that is read: 4 MiB, which the distribution-spec requires every registry to accept.
    public static let maximumSize: Int64 = 4 << 20

    /// The bytes, verified against `descriptor`.
    public let bytes: [UInt8]
    /// The descriptor of the bytes.
    public let descriptor: Descriptor

    /// Media type and digest, without the bytes: those may be megabytes.
    public var description: String { "\(descriptor.mediaType) \(descriptor.digest)" }

    /// Takes verified bytes.
    package init(bytes: [UInt8], descriptor: Descriptor) {
        self.bytes = bytes
        self.descriptor = descriptor
    }

    /// Encodes a manifest that we write: sorted keys, no white space.
    public init(encoding manifest: ImageManifest) throws {
        try self.init(value: manifest, mediaType: MediaType.imageManifest, artifactType: manifest.artifactType)
    }

    /// Encodes an index that we write: sorted keys, no white space.
    public init(encoding index: ImageIndex) throws {
        try self.init(value: index, mediaType: MediaType.imageIndex, artifactType: index.artifactType)
    }

    private init(value: some Encodable, mediaType: String, artifactType: String?) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        bytes = try Array(encoder.encode(value))
        descriptor = Descriptor(mediaType: mediaType, content: bytes, artifactType: artifactType)
    }

    /// Takes bytes whose media type is not known but from themselves.
    ///
    /// - Parameter digest: what the bytes must hash to, and what they are named by from then on; SHA-256 where it is nil.
    /// - Throws: `OCIError.Code.invalidManifest`, `.contentMismatch`, `.tooLarge`
    public init(detecting bytes: [UInt8], digest: Digest? = nil) throws(OCIError) {
        let actual = Digest.of(bytes, digest?.algorithm ?? .sha256)
        guard digest == nil || digest == actual else {
            throw OCIError(.contentMismatch, "\(bytes.count) bytes hash to \(actual), not to \(digest ?? actual)")
        }
        guard bytes.count <= Self.maximumSize else {
            throw OCIError(.tooLarge, "\(actual) has \(bytes.count) bytes; a manifest has at most \(Self.maximumSize)")
        }
        let shape = try ManifestShape(bytes, digest: actual)
        self.bytes = bytes
        descriptor = Descriptor(
            mediaType: shape.mediaType ?? (shape.isIndex ? MediaType.imageIndex : MediaType.imageManifest),
            digest: actual, size: Int64(bytes.count))
    }

    /// The bytes as an image manifest.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are none, are also an index, or name another media type.
    public func imageManifest() throws(OCIError) -> ImageManifest {
        try decode(ImageManifest.self, isIndex: false, as: "an image manifest")
    }

    /// The bytes as an image index.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are none, are also a manifest, or name another media type.
    public func imageIndex() throws(OCIError) -> ImageIndex {
        try decode(ImageIndex.self, isIndex: true, as: "an image index")
    }

    /// The manifests and blobs that this one refers to, the subject left out.
    public func children() throws(OCIError) -> [Descriptor] { try links().children }

    /// The manifest that this one is about.
    public func subject() throws(OCIError) -> Descriptor? { try links().subject }

    /// Everything that this one refers to.
    func links() throws(OCIError) -> (children: [Descriptor], subject: Descriptor?) {
        if MediaType.isIndex(descriptor.mediaType) {
            let index = try imageIndex()
            return (index.manifests, index.subject)
        }
        let manifest = try imageManifest()
        return ([manifest.config] + manifest.layers, manifest.subject)
    }

    /// What a list of referrers says of this manifest: its own artifact type (the config's media type where it has none)
    /// and its annotations.
    ///
    /// [distribution-spec, Listing Referrers](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers)
    public func referrerDescriptor() throws(OCIError) -> Descriptor {
        var described = descriptor.target
        if MediaType.isIndex(descriptor.mediaType) {
            let index = try imageIndex()
            (described.artifactType, described.annotations) = (index.artifactType, index.annotations)
        } else {
            let manifest = try imageManifest()
            described.artifactType = manifest.artifactType ?? manifest.config.mediaType
            described.annotations = manifest.annotations
        }
        return described
    }

    // A document that reads as a manifest to one client and as an index to another is two releases with one digest
    // (CVE-2021-41190), so it is neither.
    private func decode<Value: Decodable>(_ type: Value.Type, isIndex: Bool, as what: String) throws(OCIError) -> Value
    {
        let shape = try ManifestShape(bytes, digest: descriptor.digest)
        guard shape.isIndex == isIndex, MediaType.isIndex(descriptor.mediaType) == isIndex else {
            throw OCIError(.invalidManifest, "\(descriptor.digest) is not \(what)")
        }
        guard shape.mediaType == nil || shape.mediaType == descriptor.mediaType else {
            throw OCIError(
                .invalidManifest,
                "manifest \(descriptor.digest) says it is \(quoted(shape.mediaType ?? "")) but was found as "
                    + "\(quoted(descriptor.mediaType))")
        }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch let error as OCIError {
            throw error
        } catch {
            throw OCIError(.invalidManifest, "\(descriptor.digest) is not \(what)", cause: error)
        }
    }
}
