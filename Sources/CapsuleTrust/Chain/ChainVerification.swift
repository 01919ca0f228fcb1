internal import CapsuleCore
internal import OCI
internal import Support

/// The inputs of one verification, and the checks of the chain. The checks read nothing but files of the layer, and do
/// not wait.
struct ChainVerification: Sendable {
    let request: VerificationRequest
    let capsule: CapsuleEvidence
    let image: EvidenceLookup<ImageFacts>
    /// The digests of the manifests in the image's index, which an SBOM or provenance may name.
    let platforms: Set<Digest>
    /// The package in the layer; nil when the layer or `release.yaml` could not be read.
    let package: PackageOutline?
    /// The config, which two checks compare with the layer and with `release.yaml`.
    let config: EvidenceLookup<CapsuleConfig>

    init(
        request: VerificationRequest, capsule: CapsuleEvidence, image: EvidenceLookup<ImageFacts>,
        platforms: Set<Digest> = []
    ) {
        self.request = request
        self.capsule = capsule
        self.image = image
        self.platforms = platforms
        package = Self.package(capsule)
        config = Self.config(capsule)
    }

    var release: ReleaseManifest? { capsule.release.value }
    var annotations: [String: String] { capsule.annotations }
    /// True when `release.yaml` has the legacy schema, which has no digests and no metadata.
    var isLegacy: Bool { release?.schemaVersion == ReleaseManifest.legacySchema }

    /// Makes every check, in the order of the chain.
    ///
    /// - Parameter made: the ``results(made:)`` of another request about what was read, whose image is looked up in the same place.
    /// - Throws: `ArchiveError` when the layer, which was read before, cannot be read again for a file that a check needs.
    func checks(made: [CheckResult] = []) throws -> [CheckResult] {
        let results = try results(made: made)
        guard let raw = capsule.manifest.value, CapsuleShape(raw, config: capsule.config.value).isChanged else {
            return results
        }
        // What the copy changed or left out fails other checks, too. Publishing the release again is not the remedy for that.
        return results.map { result in
            guard result.id != CheckID.capsuleManifest.rawValue else { return result }
            var result = result
            result.remedy = nil
            return result
        }
    }

    /// The results of every check, without regard to each other.
    ///
    /// - Parameter made: results that are not made again, unless they depend on what the request expects.
    func results(made: [CheckResult] = []) throws -> [CheckResult] {
        try CheckID.all(of: capsule.form).map { id in
            if id != .imageRepository, id != .packageKind, let result = made.first(where: { $0.id == id.rawValue }) {
                return result
            }
            return switch id {
            case .identityTag: identityTag()
            case .identityPair: identityPair()
            case .imageDigest: imageDigest()
            case .imageRepository: imageRepository()
            case .capsuleDigest: capsuleDigest()
            case .capsuleManifest: capsuleManifest()
            case .capsuleLayer: capsuleLayer()
            case .releaseSchema: releaseSchema()
            case .witnessArtifact: witnessArtifact()
            case .witnessOnce: witnessOnce()
            case .releaseCommit: releaseCommit()
            case .packageKind: packageKind()
            case .packagePath: packagePath()
            case .packageDigest: packageDigest()
            case .packageClosed: try packageClosed()
            case .metadataSBOM: try metadataSBOM()
            case .metadataProvenance: metadataProvenance()
            }
        }
    }

    private static func package(_ capsule: CapsuleEvidence) -> PackageOutline? {
        guard let release = capsule.release.value, let contents = capsule.contents.value else { return nil }
        var entry = release.package.entry
        // The legacy schema has no entry; its packages render `base`.
        if release.schemaVersion == ReleaseManifest.legacySchema, release.package.kind == .kustomize, entry == nil {
            entry = try? TreeDirectory("base")
        }
        return try? contents.outline(below: release.package.path, kind: release.package.kind, entry: entry)
    }

    /// The image tag that the other tags are compared with: the one that was resolved, else the one in `release.yaml`.
    var imageTag: Tag? { image.value?.tag ?? requestedImageTag ?? release?.image.tag }

    private var requestedImageTag: Tag? {
        if case .lookup(_, let tag, _) = request.image { tag } else { nil }
    }

    /// Compares an annotation with its expected value. Returns the reason when they differ; nil when they agree, and when a
    /// release of the legacy schema lacks the annotation.
    func annotationProblem(_ key: String, _ expected: String?) -> String? {
        guard case .value = capsule.image else { return nil }
        let actual = annotations[key]
        if actual == nil, isLegacy || expected == nil { return nil }
        guard actual != expected else { return nil }
        guard let actual else { return "the manifest has no annotation \(key)" }
        return "the annotation \(key) says \(quoted(actual)) instead of \(expected.map(quoted) ?? "nothing")"
    }

    /// Skips a check that needs `release.yaml`.
    func withoutRelease(_ id: CheckID) -> CheckResult { id.skip("release.yaml could not be read") }

    static var rebuild: String { RejectionReason.rebuild }
}
