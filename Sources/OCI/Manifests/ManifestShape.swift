internal import Documents
internal import FoundationEssentials
internal import Support

/// The properties of a manifest that decide whether it is an image manifest or an index.
struct ManifestShape {
    /// The media type that it gives itself.
    let mediaType: String?
    /// True for an index, which lists manifests.
    let isIndex: Bool

    private struct Fields: Decodable {
        var schemaVersion: Int
        var mediaType: String?
        var manifests: Present?
        var layers: Present?
        var config: Present?
        struct Present: Decodable { init(from decoder: any Decoder) {} }
    }

    /// Every name that the image-spec gives a meaning to in manifests.
    static let fieldNames: Set = [
        "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations",
        "digest",
        "size", "urls", "data", "platform", "architecture", "os", "os.version", "os.features", "variant",
    ]

    /// Looks at bytes.
    ///
    /// - Throws: `OCIError.Code.invalidManifest` when they are neither a manifest nor an index, or both.
    init(_ bytes: [UInt8], digest: Digest) throws(OCIError) {
        let fields: Fields
        do {
            try StrictJSON.check(bytes, fields: Self.fieldNames, freeForm: ["annotations"])
            fields = try JSONDecoder().decode(Fields.self, from: Data(bytes))
        } catch let error as StrictJSON.Violation {
            throw OCIError(.invalidManifest, "\(digest) is not a manifest: \(error)", cause: error)
        } catch {
            throw OCIError(.invalidManifest, "\(digest) is not a manifest", cause: error)
        }
        guard fields.schemaVersion == 2 else {
            throw OCIError(.invalidManifest, "manifest \(digest): schemaVersion is not 2")
        }
        let hasLayers = (fields.layers ?? fields.config) != nil
        guard hasLayers != (fields.manifests != nil) else {
            throw OCIError(
                .invalidManifest,
                hasLayers
                    ? "manifest \(digest) has fields of both a manifest and an index"
                    : "manifest \(digest) has neither layers nor manifests")
        }
        isIndex = !hasLayers
        if let type = fields.mediaType {
            guard MediaType.isManifest(type), MediaType.isIndex(type) == isIndex else {
                throw OCIError(.invalidManifest, "manifest \(digest) says it is \(quoted(type)), which it is not")
            }
        }
        mediaType = fields.mediaType
    }
}
