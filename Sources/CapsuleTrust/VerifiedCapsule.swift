internal import Archive
public import CapsuleCore
public import OCI

/// A capsule that passed the whole chain of checks. Only a `Verifier` makes one, so a function that takes one cannot be
/// given anything less.
public struct VerifiedCapsule: Sendable {
    /// What `release.yaml` says.
    public let release: ReleaseManifest
    /// The image and the capsule, by the digests that were verified.
    public let freight: Freight
    /// The commit's committer time in seconds since 1970; nil when the manifest does not say it.
    public let committed: Int64?
    /// The manifest's annotations.
    public let annotations: [String: String]
    /// The digest of the deploy package, computed from its files.
    public let packageDigest: Digest
    /// What stands beside it; nil when it was not read.
    public let evidence: ReleaseEvidence?

    // As the checks saw it: without the content of the files that they had no use for.
    private let examined: PackageTree
    private let leftOut: LeftOutFiles
    private let layer: [UInt8]

    init(
        release: ReleaseManifest, freight: Freight, committed: Int64?, annotations: [String: String],
        package: PackageTree, leftOut: LeftOutFiles, layer: [UInt8], evidence: ReleaseEvidence?
    ) {
        self.release = release
        self.freight = freight
        self.committed = committed
        self.annotations = annotations
        packageDigest = package.digest
        examined = package
        self.leftOut = leftOut
        self.layer = layer
        self.evidence = evidence
    }

    /// The deploy package, whole. Files that the checks had no use for are unpacked from the verified bytes when this is
    /// called for the first time, and stay in memory.
    ///
    /// - Throws: `ArchiveError`
    public func package() throws -> PackageTree {
        let files = try examined.files.map { file in
            guard !file.isInMemory else { return file }
            let content = try leftOut.content(of: "\(release.package.path)/\(file.path)")
            return PackageFile(path: file.path, content: content, digest: file.digest)
        }
        return PackageTree(kind: examined.kind, entry: examined.entry, files: files)
    }

    /// Unpacks the verified bytes into a directory that must not exist yet, whole or not at all.
    ///
    /// - Throws: `ArchiveError`
    public func unpack(to directory: String) throws -> UnpackedCapsule {
        _ = try LayerExtractor.extract(layer, to: directory)
        return UnpackedCapsule(directory: directory, capsule: self)
    }
}

/// A verified capsule and the directory that holds its files.
public struct UnpackedCapsule: Sendable {
    /// The directory: `release.yaml`, `metadata/` and `package/` stand in it.
    public let directory: String
    /// The capsule.
    public let capsule: VerifiedCapsule

    init(directory: String, capsule: VerifiedCapsule) {
        self.directory = directory
        self.capsule = capsule
    }

    /// The directory of the package.
    public var packageDirectory: String { "\(directory)/\(capsule.release.package.path)" }
}
