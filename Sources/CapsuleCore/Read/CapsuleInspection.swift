internal import Documents
public import OCI
internal import Support

/// A description of one capsule for `capsule inspect`. It repeats what the capsule claims; `verify` checks the claims.
public struct CapsuleInspection: Codable, Sendable {
    /// The version of this JSON.
    public var schemaVersion = CapsuleFormat.documentSchema
    /// The form; nil for a capsule. The record of a pair is the witness in the GitOps repository.
    public let form: ReleaseForm?
    /// The full reference: repository or layout, tag and digest.
    public let capsule: String
    /// The capsule's digest.
    public let digest: Digest
    /// The size of the layer in bytes.
    public let layerSize: Int64
    /// The commit's time, RFC 3339.
    public let created: String?
    /// The release that `release.yaml` describes; for a pair, what its package says about it.
    public let release: ReleaseManifest
    /// Every file.
    public let files: [CapsuleContents.File]
    /// The format of its SBOM, such as `SPDX-2.3`; nil without one.
    public let sbom: String?
    /// The builder that the provenance names; nil without provenance.
    public let builder: String?

    /// Unpacks a capsule and describes it.
    ///
    /// - Throws: `CapsuleError` when it cannot be unpacked or read.
    public init(_ capsule: Capsule) throws(CapsuleError) {
        let contents = try CapsuleContents(capsule)
        self.capsule = capsule.reference.description
        form = capsule.form.reported
        digest = capsule.digest
        layerSize = capsule.shape.layer.size
        created = capsule.annotations[CapsuleFormat.Annotation.created]
        release = contents.release
        files = contents.files
        sbom = contents.sbom.map { bytes in
            let document = try? JSONParser.parse(bytes, file: CapsuleFormat.sbomPath)
            let version = document?["specVersion"]?.string.map { "CycloneDX-\($0)" }
            return document?["spdxVersion"]?.string ?? version ?? "unknown"
        }
        builder = contents.provenance.map { bytes in
            let predicate = (try? JSONParser.parse(bytes, file: CapsuleFormat.provenancePath))?["predicate"]
            return (predicate?["runDetails"]?["builder"] ?? predicate?["builder"])?["id"]?.string ?? "unknown"
        }
    }
}

extension ReleaseManifest.Image {
    /// `repository:tag@digest`.
    package var reference: String { "\(repoURL):\(tag)" + (digest.map { "@\($0)" } ?? "") }
}
