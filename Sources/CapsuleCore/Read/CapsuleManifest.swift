internal import Documents
public import OCI
public import Support

/// A manifest that has the shape of a capsule's, `format.md` §2. Whether what it says is true is not established.
public struct CapsuleManifest: Sendable {
    /// The bytes, whose digest is the capsule's.
    public let raw: RawManifest
    /// The config: the release.
    public let config: Descriptor
    /// The one layer.
    public let layer: Descriptor
    /// The annotations.
    public let annotations: [String: String]

    /// The capsule's digest.
    public var digest: Digest { raw.descriptor.digest }

    /// The commit's time as the annotation has it, seconds since 1970; nil when it is missing or malformed.
    public var created: Int64? { annotations[CapsuleFormat.Annotation.created].flatMap(CapsuleFormat.seconds) }

    /// Takes a manifest that has the shape.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` with every finding.
    public init(_ raw: RawManifest) throws(CapsuleError) {
        let result = Self.examine(raw)
        guard let manifest = result.manifest, let layer = manifest.layers.first, result.findings.isEmpty else {
            throw CapsuleError(
                .notACapsule, "\(raw.descriptor.digest) is not a capsule", findings: result.findings)
        }
        self.raw = raw
        config = manifest.config
        self.layer = layer
        annotations = manifest.annotations ?? [:]
    }

    /// Everything that keeps a manifest from being a capsule's; nothing when it has the shape.
    public static func findings(_ raw: RawManifest) -> [Finding] { examine(raw).findings }

    private static func examine(_ raw: RawManifest) -> (manifest: ImageManifest?, findings: [Finding]) {
        guard raw.descriptor.mediaType == MediaType.imageManifest else {
            let what = MediaType.isIndex(raw.descriptor.mediaType) ? "an index" : quoted(raw.descriptor.mediaType)
            return (nil, [finding("it is \(what), not an image manifest")])
        }
        let manifest: ImageManifest
        do {
            // The decoder takes the last of two equal keys, others take the first.
            _ = try JSONParser.parse(raw.bytes, file: "manifest", limits: .document)
            manifest = try raw.imageManifest()
        } catch let error as any Failure {
            return (nil, [finding(error.message)])
        } catch {
            return (nil, [finding("it cannot be read: \(error)")])
        }
        var findings: [Finding] = []
        if manifest.mediaType != MediaType.imageManifest { findings.append(finding("it does not say its media type")) }
        if manifest.artifactType != CapsuleFormat.artifactType {
            findings.append(
                finding(
                    "its artifactType is \(quoted(manifest.artifactType ?? "")); a capsule's is "
                        + CapsuleFormat.artifactType))
        }
        if manifest.config.mediaType != CapsuleFormat.configMediaType {
            findings.append(
                finding(
                    "its config is \(quoted(manifest.config.mediaType)); a capsule's is \(CapsuleFormat.configMediaType)"
                ))
        }
        if manifest.config.size > Int64(CapsuleFormat.maximumReleaseSize) {
            findings.append(
                finding(
                    "its config has \(manifest.config.size) bytes; the limit is \(CapsuleFormat.maximumReleaseSize)"))
        }
        if manifest.subject != nil {
            findings.append(finding("it has a subject; a capsule is about nothing but itself"))
        }
        return (manifest, findings + layerFindings(manifest))
    }

    private static func layerFindings(_ manifest: ImageManifest) -> [Finding] {
        guard manifest.layers.count == 1, let layer = manifest.layers.first else {
            return [finding("it has \(manifest.layers.count) layers; a capsule has one")]
        }
        var findings: [Finding] = []
        if layer.mediaType != MediaType.layerTarGzip {
            findings.append(
                finding("its layer is \(quoted(layer.mediaType)); a capsule's is \(MediaType.layerTarGzip)"))
        }
        if layer.size > CapsuleFormat.maximumLayerSize {
            findings.append(
                finding("its layer has \(layer.size) bytes; the limit is \(CapsuleFormat.maximumLayerSize)"))
        }
        return findings
    }

    private static func finding(_ message: String) -> Finding {
        Finding(
            rule: "capsule.manifest", message: message,
            remedy: "name a capsule; `capsule list` shows those of a repository")
    }
}
