package import Documents
internal import FoundationEssentials
internal import Support

/// A manifest: its bytes, and views that are decoded from exactly those bytes.
public struct RawManifest: Sendable, CustomStringConvertible {
    /// The largest manifest that is read: 4 MiB, which the distribution-spec requires every registry to accept.
    public static let maximumSize: Int64 = 4 << 20

    /// The bytes, verified against `descriptor`.
    public let bytes: [UInt8]
    /// The descriptor of the bytes.
    public let descriptor: Descriptor
    /// The bytes are decoded once, however often the views are used.
    private let decoded: Result<DecodedManifest, OCIError>

    /// Media type and digest. The bytes are left out, since they may be megabytes.
    public var description: String { "\(descriptor.mediaType) \(descriptor.digest)" }

    /// Creates a manifest from verified bytes.
    package init(bytes: [UInt8], descriptor: Descriptor) {
        self.bytes = bytes
        self.descriptor = descriptor
        decoded = Self.decode(bytes, descriptor.digest)
    }

    private static func decode(_ bytes: [UInt8], _ digest: Digest) -> Result<DecodedManifest, OCIError> {
        Result { () throws(OCIError) in try DecodedManifest(bytes, digest: digest) }
    }

    /// Encodes a manifest that we write: sorted keys, no white space.
    public init(encoding manifest: ImageManifest) throws {
        try self.init(value: manifest, mediaType: MediaType.imageManifest, artifactType: manifest.artifactType)
    }

    /// Encodes an index that we write: sorted keys, no white space.
    public init(encoding index: ImageIndex) throws {
        try self.init(value: index, mediaType: MediaType.imageIndex, artifactType: index.artifactType)
    }

    /// The bytes of a manifest or an index that we write.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(value))
    }

    private init(value: some Encodable, mediaType: String, artifactType: String?) throws {
        let bytes = try Self.encode(value)
        self.init(
            bytes: bytes, descriptor: Descriptor(mediaType: mediaType, content: bytes, artifactType: artifactType))
    }

    /// Creates a manifest from bytes, and detects its media type from them.
    ///
    /// - Parameter digest: the digest that the bytes must have, and by which the manifest is named; nil computes the
    ///   SHA-256.
    /// - Throws: `OCIError.Code.invalidManifest`, `.contentMismatch`, `.tooLarge`
    public init(detecting bytes: [UInt8], digest: Digest? = nil) throws(OCIError) {
        let actual = Digest.of(bytes, digest?.algorithm ?? .sha256)
        guard digest == nil || digest == actual else {
            throw OCIError(.contentMismatch, "\(bytes.count) bytes hash to \(actual), not to \(digest ?? actual)")
        }
        guard bytes.count <= Self.maximumSize else {
            throw OCIError(.tooLarge, "\(actual) has \(bytes.count) bytes; a manifest has at most \(Self.maximumSize)")
        }
        let decoded = try DecodedManifest(bytes, digest: actual)
        self.bytes = bytes
        self.decoded = .success(decoded)
        descriptor = Descriptor(
            mediaType: decoded.mediaType ?? (decoded.isIndex ? MediaType.imageIndex : MediaType.imageManifest),
            digest: actual, size: Int64(bytes.count))
    }

    /// The bytes as an image manifest.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are not one, are also an index, or name another media type.
    public func imageManifest() throws(OCIError) -> ImageManifest {
        guard case .manifest(let manifest) = try decodedContent(isIndex: false, as: "an image manifest") else {
            throw OCIError(.invalidManifest, "\(descriptor.digest) is not an image manifest")
        }
        return try manifest.get()
    }

    /// The bytes as an image index.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are not one, are also a manifest, or name another media
    ///   type.
    public func imageIndex() throws(OCIError) -> ImageIndex {
        guard case .index(let index) = try decodedContent(isIndex: true, as: "an image index") else {
            throw OCIError(.invalidManifest, "\(descriptor.digest) is not an image index")
        }
        return try index.get()
    }

    /// The bytes as JSON, including fields that no specification defines.
    ///
    /// - Throws: `OCIError.Code.invalidManifest`
    package func json() throws(OCIError) -> JSONValue {
        do throws(DocumentError) {
            return try JSONParser.parse(
                bytes, file: "\(descriptor.digest)", limits: DecodedManifest.limits, keys: DecodedManifest.keys,
                visit: nil)
        } catch {
            throw OCIError(.invalidManifest, "\(descriptor.digest) is not a manifest: \(error.message)", cause: error)
        }
    }

    /// The manifests and blobs that this one refers to, without the subject.
    public func children() throws(OCIError) -> [Descriptor] { try links().children }

    /// The subject of this manifest; nil when it has none.
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

    /// The descriptor of this manifest in a list of referrers, with its artifact type (the config's media type where it
    /// has none) and its annotations.
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

    // A document that is a manifest for one client and an index for another would be two releases with one digest
    // (CVE-2021-41190), so it is rejected as either.
    private func decodedContent(isIndex: Bool, as what: String) throws(OCIError) -> DecodedManifest.Content {
        let decoded = try decoded.get()
        guard decoded.isIndex == isIndex, MediaType.isIndex(descriptor.mediaType) == isIndex else {
            throw OCIError(.invalidManifest, "\(descriptor.digest) is not \(what)")
        }
        guard decoded.mediaType == nil || decoded.mediaType == descriptor.mediaType else {
            throw OCIError(
                .invalidManifest,
                "manifest \(descriptor.digest) has the mediaType \(quoted(decoded.mediaType ?? "")) but was found as "
                    + "\(quoted(descriptor.mediaType))")
        }
        return decoded.content
    }
}
