internal import Archive
internal import Documents
public import OCI
internal import Support

/// The contents of a capsule for display and comparison: the release and every file. The archive obeys the format; the
/// claims of the release are not verified.
public struct CapsuleContents: Sendable {
    /// A file of the capsule.
    public struct File: Hashable, Sendable, Codable {
        /// The path in the capsule, such as `package/kustomize/base/kustomization.yaml`.
        public let path: String
        /// The size in bytes.
        public let size: Int64
        /// The SHA-256.
        public let digest: Digest
    }

    /// The manifest.
    package let manifest: CapsuleManifest
    /// The release that `release.yaml` in the layer describes; for a pair, what its package says about it.
    public let release: ReleaseManifest
    /// Every file, in the order of the layer: `release.yaml` first, then by path.
    public let files: [File]
    /// The deploy package: the files below the path that the release records.
    package let package: PackageTree
    private let layer: LayerContents

    /// Unpacks a capsule in memory.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` when the layer breaks the format or `release.yaml` cannot be read.
    public init(_ capsule: Capsule) throws(CapsuleError) {
        do {
            layer = try LayerContents(reading: capsule.layer, of: capsule.form, keeping: .everything)
        } catch {
            throw CapsuleError(
                .notACapsule, "the layer of \(capsule.digest) is not a capsule's: \(error.message)",
                findings: [
                    Finding(
                        rule: "capsule.layer", file: (error as? ArchiveError)?.entry, message: error.message,
                        remedy: "do not use this capsule; build and publish a new release")
                ], cause: error)
        }
        manifest = capsule.shape
        files = layer.listing
        do {
            release = try Self.release(capsule, layer)
            let path = release.package.path
            let outline = try layer.outline(below: path, kind: release.package.kind, entry: release.package.entry)
            package = try layer.tree(of: outline, below: path)
        } catch let error as any Failure {
            throw CapsuleError.inCapsule(capsule.digest, error)
        } catch {
            throw CapsuleError(.notACapsule, "\(capsule.digest) cannot be unpacked: \(error.message)", cause: error)
        }
    }

    private static func release(_ capsule: Capsule, _ layer: LayerContents) throws -> ReleaseManifest {
        guard capsule.form == .capsule else {
            return try capsule.shape.claimedRelease(CapsuleConfig(decoding: capsule.config).package)
        }
        guard let yaml = layer.content(of: CapsuleFormat.releasePath) else {
            throw CapsuleError(.notACapsule, "the layer of \(capsule.digest) has no release.yaml")
        }
        return try ReleaseManifest.decode(yaml: yaml)
    }

    /// The bytes of a file; nil when there is no such file.
    public func content(of path: String) -> [UInt8]? { layer.content(of: path) }

    /// The bytes of the SBOM; nil when there is none.
    public var sbom: [UInt8]? { content(of: release.metadata?.sbomPath?.description ?? CapsuleFormat.sbomPath) }

    /// The bytes of the provenance; nil when there is none.
    public var provenance: [UInt8]? {
        content(of: release.metadata?.provenancePath?.description ?? CapsuleFormat.provenancePath)
    }
}
