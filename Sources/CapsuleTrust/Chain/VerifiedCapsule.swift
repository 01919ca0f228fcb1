internal import Archive
public import CapsuleCore
public import OCI

/// A capsule that passed the whole chain of checks. Only a `Verifier` creates one, so a function with such a parameter
/// never receives an unverified capsule.
public struct VerifiedCapsule: Sendable {
    /// The release that `release.yaml` describes.
    public let release: ReleaseManifest
    /// The witness of a pair; nil for a capsule, which holds `release.yaml` itself.
    public let witness: WitnessReference?
    /// The image and the capsule, by the digests that were verified.
    public let freight: Freight
    /// The commit's committer time in seconds since 1970; nil when the manifest does not say it.
    public let committed: Int64?
    /// The manifest's annotations.
    public let annotations: [String: String]
    /// The digest of the deploy package, computed from its files.
    public let packageDigest: Digest
    /// The evidence attached to the capsule; nil when it was not read.
    public let evidence: ReleaseEvidence?

    private let outline: PackageOutline
    private let contents: LayerContents
    private let layer: [UInt8]

    init(
        release: ReleaseManifest, witness: WitnessReference?, freight: Freight, committed: Int64?,
        annotations: [String: String],
        package: PackageOutline, contents: LayerContents, layer: [UInt8], evidence: ReleaseEvidence?
    ) {
        self.release = release
        self.witness = witness
        self.freight = freight
        self.committed = committed
        self.annotations = annotations
        packageDigest = package.digest
        outline = package
        self.contents = contents
        self.layer = layer
        self.evidence = evidence
    }

    /// The form of the release.
    public var form: ReleaseForm { witness == nil ? .capsule : .pair }

    /// The bytes of a metadata file, by its path in the layer; nil when there is none.
    package func metadata(_ path: String) -> [UInt8]? { contents.content(of: path) }

    /// The deploy package with the bytes of every file. Files that the checks did not read are unpacked from the verified
    /// bytes when this is called for the first time, and stay in memory.
    ///
    /// - Throws: `ArchiveError`
    package func package() throws -> PackageTree { try contents.tree(of: outline, below: release.package.path) }

    /// Unpacks the verified bytes into a directory that must not exist yet, whole or not at all.
    ///
    /// - Throws: `ArchiveError`
    public func unpack(to directory: String) throws -> UnpackedCapsule {
        _ = try LayerExtractor.extract(layer, to: directory, kind: form.layer)
        return UnpackedCapsule(directory: directory, capsule: self)
    }
}

/// A verified capsule and the directory that holds its files.
public struct UnpackedCapsule: Sendable {
    /// The directory that holds `metadata/`, `package/` and, for a capsule, `release.yaml`.
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
