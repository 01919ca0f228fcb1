internal import Archive
public import CapsuleCore
internal import OCI

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
    /// The deploy package.
    public let package: PackageTree

    private let layer: [UInt8]

    init(
        release: ReleaseManifest, freight: Freight, committed: Int64?, annotations: [String: String],
        package: PackageTree, layer: [UInt8]
    ) {
        self.release = release
        self.freight = freight
        self.committed = committed
        self.annotations = annotations
        self.package = package
        self.layer = layer
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
