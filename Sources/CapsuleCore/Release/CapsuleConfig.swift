package import Documents
internal import FoundationEssentials
package import OCI
internal import Support

/// The config of a capsule's manifest, `format.md` §2: an image config that no system can run, with the release as a label.
/// That of a pair's package (§11) has the package section as a label.
///
/// Registries and tools refuse a config of a type that they do not know, and some read the image config that they expect.
package struct CapsuleConfig: Hashable, Sendable {
    /// The data of the one label.
    package enum Content: Hashable, Sendable {
        /// The release of a capsule.
        case release(ReleaseManifest)
        /// The package section of a pair's release.
        case package(ReleaseManifest.Package)
    }

    /// The data of the one label.
    package var content: Content
    /// The commit's committer time, seconds since 1970.
    package var created: Int64
    /// The digest of the layer before compression, the one entry of `diff_ids`.
    package var unpackedLayer: Digest

    /// Describes a layer of a release.
    package init(release: ReleaseManifest, created: Int64, unpackedLayer: Digest) {
        self.init(.release(release), created: created, unpackedLayer: unpackedLayer)
    }

    /// Describes a layer.
    package init(_ content: Content, created: Int64, unpackedLayer: Digest) {
        self.content = content
        self.created = created
        self.unpackedLayer = unpackedLayer
    }

    /// The release; nil for the config of a pair's package.
    package var release: ReleaseManifest? {
        get { if case .release(let release) = content { release } else { nil } }
        set { if let newValue { content = .release(newValue) } }
    }

    /// The form of the release.
    package var form: ReleaseForm { release == nil ? .pair : .capsule }

    /// The package section.
    package var package: ReleaseManifest.Package {
        switch content {
        case .release(let release): release.package
        case .package(let package): package
        }
    }

    /// The config as canonical JSON: keys sorted, no white space, UTF-8.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    package func encoded() throws(DocumentError) -> [UInt8] {
        let document = Document(
            architecture: Self.unknown,
            config: .init(labels: try Self.labels(content)), created: CapsuleFormat.timestamp(created),
            os: Self.unknown,
            rootfs: .init(diffIDs: [unpackedLayer.description], type: "layers"))
        return try Self.encode(document)
    }

    /// Decodes a config. The bytes must be exactly those that `encoded()` returns for the data.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    package init(decoding bytes: [UInt8]) throws(DocumentError) {
        guard bytes.count <= CapsuleFormat.maximumConfigSize else {
            throw DocumentError(
                .limitExceeded, "the config has \(bytes.count) bytes; the limit is \(CapsuleFormat.maximumConfigSize)")
        }
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(bytes))
        } catch {
            throw DocumentError(
                .invalidDocument,
                "the config is not the config of a capsule, which is an image config with the label "
                    + CapsuleFormat.releaseLabel, cause: error)
        }
        content = try Self.content(document.config.labels)
        guard let created = CapsuleFormat.seconds(document.created) else {
            throw DocumentError(
                .invalidDocument, "the config: created is not a time such as 2026-01-02T03:04:05Z")
        }
        self.created = created
        guard let unpackedLayer = document.rootfs.diffIDs.first.flatMap({ try? Digest($0, naming: "a layer") }) else {
            throw DocumentError(.invalidDocument, "the config: rootfs.diff_ids does not hold a sha256 digest")
        }
        self.unpackedLayer = unpackedLayer
        let canonical = try encoded()
        guard canonical == bytes else {
            let offset = zip(canonical, bytes).prefix { $0 == $1 }.count
            throw DocumentError(
                .invalidDocument,
                "the config is not in canonical form: it differs at byte \(offset) (another value, unknown or repeated key, "
                    + "other order, white space, or trailing bytes); build the capsule with `capsule build`")
        }
    }

    /// True when bytes are the config of an image with the release of a capsule, in any form: that of a capsule whose
    /// manifest a copy has changed.
    package static func isOfCapsule(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= CapsuleFormat.maximumConfigSize,
            let labels = (try? JSONParser.parse(bytes, file: "config"))?["config"]?["Labels"]
        else { return false }
        return [CapsuleFormat.releaseLabel, CapsuleFormat.packageLabel].contains { labels[$0]?.string != nil }
    }

    private static func labels(_ content: Content) throws(DocumentError) -> [String: String] {
        switch content {
        case .release(let release):
            [CapsuleFormat.releaseLabel: String(decoding: try release.canonicalJSON(), as: UTF8.self)]
        case .package(let package):
            [CapsuleFormat.packageLabel: String(decoding: try encode(package), as: UTF8.self)]
        }
    }

    private static func content(_ labels: [String: String]) throws(DocumentError) -> Content {
        if let release = labels[CapsuleFormat.releaseLabel] {
            return .release(try ReleaseManifest.decode(json: Array(release.utf8)))
        }
        guard let package = labels[CapsuleFormat.packageLabel] else {
            throw DocumentError(.invalidDocument, "the config does not have the label \(CapsuleFormat.releaseLabel)")
        }
        guard package.utf8.count <= CapsuleFormat.maximumReleaseSize else {
            throw DocumentError(
                .limitExceeded,
                "the package in the config has \(package.utf8.count) bytes; the limit is "
                    + "\(CapsuleFormat.maximumReleaseSize)")
        }
        do {
            return .package(try JSONDecoder().decode(ReleaseManifest.Package.self, from: Data(package.utf8)))
        } catch {
            throw DocumentError(
                .invalidDocument, "the config does not hold the JSON of a package: \(error.message)", cause: error)
        }
    }

    private static let unknown = "unknown"

    private static func encode(_ document: some Encodable) throws(DocumentError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(document))
        } catch {
            throw DocumentError(.invalidDocument, "the config cannot be written as JSON", cause: error)
        }
    }

    // The fields of the image-spec that a capsule's config has.
    private struct Document: Codable {
        struct Config: Codable {
            let labels: [String: String]

            enum CodingKeys: String, CodingKey {
                case labels = "Labels"
            }
        }

        struct RootFS: Codable {
            let diffIDs: [String]
            let type: String

            enum CodingKeys: String, CodingKey {
                case diffIDs = "diff_ids"
                case type
            }
        }

        let architecture: String
        let config: Config
        let created: String
        let os: String
        let rootfs: RootFS
    }
}
