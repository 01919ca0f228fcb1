internal import FoundationEssentials

/// A manifest as its bytes, which are the truth, and views decoded from exactly those.
public struct RawManifest: Sendable {
    /// The largest manifest that is read: 4 MiB, what the distribution-spec asks every registry to accept.
    public static let maximumSize: Int64 = 4 << 20

    /// The bytes, verified against `descriptor`.
    public let bytes: [UInt8]
    /// What names the bytes.
    public let descriptor: Descriptor

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

    /// The bytes as an image manifest.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are none, are also an index, or name another media type.
    public func imageManifest() throws(OCIError) -> ImageManifest {
        let manifest = try decode(ImageManifest.self, rejecting: "manifests", as: "an image manifest")
        return manifest
    }

    /// The bytes as an image index.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are none, are also a manifest, or name another media type.
    public func imageIndex() throws(OCIError) -> ImageIndex {
        try decode(ImageIndex.self, rejecting: "layers", as: "an image index")
    }

    /// The manifests and blobs that this one refers to, the subject left out.
    public func children() throws(OCIError) -> [Descriptor] {
        if MediaType.isIndex(descriptor.mediaType) { return try imageIndex().manifests }
        let manifest = try imageManifest()
        return [manifest.config] + manifest.layers
    }

    private struct Shape: Decodable {
        var schemaVersion: Int
        var mediaType: String?
        var manifests: Ignored?
        var layers: Ignored?
        var config: Ignored?
        struct Ignored: Decodable { init(from decoder: any Decoder) {} }
    }

    // A document that reads as a manifest to one client and as an index to another is two releases with one digest
    // (CVE-2021-41190), so it is neither.
    private func decode<Value: Decodable>(_ type: Value.Type, rejecting key: String, as what: String) throws(OCIError)
        -> Value
    {
        do {
            let data = Data(bytes)
            let decoder = JSONDecoder()
            let shape = try decoder.decode(Shape.self, from: data)
            guard shape.schemaVersion == 2 else {
                throw OCIError(.invalidManifest, "manifest \(descriptor.digest): schemaVersion is not 2")
            }
            if (key == "manifests" && shape.manifests != nil)
                || (key == "layers" && (shape.layers ?? shape.config) != nil)
            {
                throw OCIError(
                    .invalidManifest, "manifest \(descriptor.digest) has fields of both a manifest and an index")
            }
            if let mediaType = shape.mediaType, mediaType != descriptor.mediaType {
                throw OCIError(
                    .invalidManifest,
                    "manifest \(descriptor.digest) says it is \(quoted(mediaType)) but was found as "
                        + "\(quoted(descriptor.mediaType))")
            }
            return try decoder.decode(Value.self, from: data)
        } catch let error as OCIError {
            throw error
        } catch {
            throw OCIError(.invalidManifest, "manifest \(descriptor.digest) is not \(what)", cause: error)
        }
    }
}
