public import CapsuleCore
public import OCI

/// The source of the application image's digest.
public enum ImageEvidence: Sendable {
    /// The image is looked up in `source` by `tag` (the release's tag where it is nil). It must have the digest
    /// `expected`, if given.
    case lookup(source: any ContentSource, tag: Tag?, expected: Digest?)
    /// The caller asserts the digest and the image is not resolved, for machines that cannot reach its registry.
    case asserted(Digest)
}

/// A capsule to verify, with the facts about it that are known from elsewhere.
public struct VerificationRequest: Sendable {
    /// The capsule, by tag, digest or both.
    public var capsule: ArtifactReference
    /// The store that `capsule` names, opened.
    public var source: any ContentSource
    /// The digest that a record or an upstream stage pins.
    public var pinnedDigest: Digest?
    /// The image; nil looks it up in the repository that `release.yaml` names.
    public var image: ImageEvidence?
    /// The image repository in the configuration. The release must name the same.
    public var imageRepository: Repository?
    /// The kind of package that the deployment expects.
    public var packageKind: PackageKind?
    /// The required signatures and attestations; nil requires none.
    public var evidence: EvidenceRequirements?
    /// Reads all evidence even when none is required, so that requirements can be evaluated later.
    public var readsEvidence: Bool
    /// Reads the witness, should the release be a pair; nil when no GitOps repository is known.
    package var witness: WitnessSource?

    /// Describes a verification.
    public init(
        capsule: ArtifactReference, source: any ContentSource, pinnedDigest: Digest? = nil, image: ImageEvidence? = nil,
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
