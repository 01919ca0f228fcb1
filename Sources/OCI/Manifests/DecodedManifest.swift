internal import Documents
internal import FoundationEssentials
internal import Support

/// A manifest or an index, decoded from its bytes.
struct DecodedManifest: Sendable {
    /// The typed view. A document can be a manifest for a registry and lack what the image-spec requires of it.
    enum Content: Sendable {
        case manifest(Result<ImageManifest, OCIError>)
        case index(Result<ImageIndex, OCIError>)
    }

    /// The media type in the document itself; nil when it has none.
    let mediaType: String?
    let content: Content

    /// The field names that the image-spec defines for manifests. Annotations have arbitrary keys, also ones that
    /// differ in letter case only.
    static let keys = JSONKeyRule.fields(
        [
            "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations",
            "digest", "size", "urls", "data", "platform", "architecture", "os", "os.version", "os.features", "variant",
        ], freeForm: ["annotations"])
    /// The limits for decoding: ten times the values of the largest list of referrers that fits into a manifest.
    static let limits = JSONLimits(bytes: Int(RawManifest.maximumSize), depth: 64, values: 1_000_000)

    /// True for an index, which lists manifests.
    var isIndex: Bool {
        if case .index = content { true } else { false }
    }

    /// Decodes bytes.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are neither a manifest nor an index, or both.
    init(_ bytes: [UInt8], digest: Digest) throws(OCIError) {
        let fields: JSONValue
        do throws(DocumentError) {
            // Only the presence of an array matters.
            fields = try JSONParser.parse(
                bytes, file: "\(digest)", limits: Self.limits, keys: Self.keys, visit: { _, _ in })
        } catch {
            throw OCIError(.invalidManifest, "\(digest) is not a manifest: \(error.message)", cause: error)
        }
        guard case .number(let version)? = fields["schemaVersion"], Double(version) == 2 else {
            throw OCIError(.invalidManifest, "manifest \(digest): schemaVersion is not 2")
        }
        func has(_ key: String) -> Bool { fields[key].map { $0 != .null } ?? false }
        let hasLayers = has("layers") || has("config")
        guard hasLayers != has("manifests") else {
            throw OCIError(
                .invalidManifest,
                hasLayers
                    ? "manifest \(digest) has fields of both a manifest and an index"
                    : "manifest \(digest) has neither layers nor manifests")
        }
        if has("mediaType") {
            guard let type = fields["mediaType"]?.string, MediaType.isManifest(type),
                MediaType.isIndex(type) == !hasLayers
            else {
                throw OCIError(
                    .invalidManifest,
                    "manifest \(digest) has the mediaType \(quoted(fields["mediaType"]?.string ?? "")), which is not "
                        + "that of its fields")
            }
        }
        mediaType = fields["mediaType"]?.string
        content =
            hasLayers
            ? .manifest(Self.decode(bytes, digest, "an image manifest"))
            : .index(Self.decode(bytes, digest, "an image index"))
    }

    private static func decode<Value: Decodable>(
        _ bytes: [UInt8], _ digest: Digest, _ what: String
    ) -> Result<Value, OCIError> {
        do {
            return .success(try JSONDecoder().decode(Value.self, from: Data(bytes)))
        } catch let error as OCIError {
            return .failure(error)
        } catch {
            return .failure(OCIError(.invalidManifest, "\(digest) is not \(what)", cause: error))
        }
    }
}
