public import CapsuleCore
public import OCI

/// Where the digest of the application image comes from.
public enum ImageEvidence: Sendable {
    /// The image is looked up in `source` by `tag` (the release's tag where it is nil). With `expected`, it must be that.
    case lookup(source: any ContentSource, tag: Tag?, expected: Digest?)
    /// Someone vouches for the digest; the image itself is not seen. For machines that cannot reach its registry.
    case asserted(Digest)
}

/// What to verify, and what is known about it from elsewhere.
public struct VerificationRequest: Sendable {
    /// The capsule, by tag, digest or both.
    public var capsule: Location
    /// The place that `capsule` names, opened.
    public var source: any ContentSource
    /// The digest that a record or an upstream stage pins.
    public var pinnedDigest: Digest?
    /// The image; nil looks it up in the repository that `release.yaml` names.
    public var image: ImageEvidence?
    /// The repository that the image has to be of, as the configuration names it.
    public var imageRepository: Repository?
    /// The kind of package that the deployment expects.
    public var packageKind: PackageKind?
    /// The signatures and attestations it needs; nil asks for none.
    public var evidence: EvidenceRequirements?
    /// Reads all evidence even when none is asked for, so that it can be asked about later.
    public var readsEvidence: Bool

    /// Asks for a verification.
    public init(
        capsule: Location, source: any ContentSource, pinnedDigest: Digest? = nil, image: ImageEvidence? = nil,
        imageRepository: Repository? = nil, packageKind: PackageKind? = nil,
        evidence: EvidenceRequirements? = nil, readsEvidence: Bool = false
    ) {
        self.capsule = capsule
        self.source = source
        self.pinnedDigest = pinnedDigest
        self.image = image
        self.imageRepository = imageRepository
        self.packageKind = packageKind
        self.evidence = evidence
        self.readsEvidence = readsEvidence
    }
}
