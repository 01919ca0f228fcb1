internal import Archive
internal import Documents
public import OCI
internal import Support

/// What is in a capsule: the release and every file, for people to look at and compare. The archive obeys the format;
/// whether the release is what it says is for verification to find out.
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
    public let manifest: CapsuleManifest
    /// The release, as `release.yaml` in the layer has it.
    public let release: ReleaseManifest
    /// Every file, in the order of the layer: `release.yaml` first, then by path.
    public let files: [File]
    private let content: [String: [UInt8]]

    /// Unpacks a capsule in memory.
    ///
    /// - Throws: `CapsuleError.Code.notACapsule` when the layer breaks the format or `release.yaml` cannot be read.
    public init(_ capsule: Capsule) throws(CapsuleError) {
        var files: [File] = []
        var content: [String: [UInt8]] = [:]
        do {
            try LayerReader(capsule.layer).forEachEntry { entry, bytes in
                guard entry.kind == .file else { return }
                files.append(File(path: entry.path, size: entry.size, digest: .sha256(of: bytes)))
                content[entry.path] = bytes
            }
        } catch {
            throw CapsuleError(
                .notACapsule, "the layer of \(capsule.digest) is not a capsule's: \(error)",
                findings: [
                    Finding(
                        rule: "capsule.layer", file: (error as? ArchiveError)?.entry, message: "\(error)",
                        remedy: "do not use this capsule; build and publish a new release")
                ], cause: error)
        }
        guard let yaml = content[CapsuleFormat.releasePath] else {
            throw CapsuleError(.notACapsule, "the layer of \(capsule.digest) has no release.yaml")
        }
        manifest = capsule.shape
        do throws(DocumentError) {
            release = try ReleaseManifest.decode(yaml: yaml)
        } catch {
            throw CapsuleError.inCapsule(capsule.digest, error)
        }
        self.files = files
        self.content = content
    }

    /// The bytes of a file; nil when it is not there.
    public func content(of path: String) -> [UInt8]? { content[path] }

    /// The files of the package, their paths below the path that the release records.
    public var package: PackageTree {
        let top = release.package.path
        return PackageTree(
            kind: release.package.kind, entry: release.package.entry,
            files: files.compactMap { file in
                guard let path = try? RelativePath(file.path).relative(to: top), let bytes = content[file.path] else {
                    return nil
                }
                return PackageFile(path: path, content: bytes)
            })
    }

    /// The SBOM, when it is there.
    public var sbom: [UInt8]? { content[release.metadata?.sbomPath?.description ?? CapsuleFormat.sbomPath] }

    /// The provenance, when it is there.
    public var provenance: [UInt8]? {
        content[release.metadata?.provenancePath?.description ?? CapsuleFormat.provenancePath]
    }
}
