public import CapsuleCore
public import CapsuleTrust
public import EvidencePolicies
public import OCI
internal import Signing
public import Support

/// Verifies a release from the locations that a user names: that of the capsule, and that of the image or the image's
/// digest. It is the first step of `verify`, `unpack`, `render`, `diff` and `promote`.
public struct ReleaseVerification: Sendable {
    /// The locations and the requirements of a verification.
    public struct Request: Sendable {
        /// The capsule.
        public var capsule: ArtifactReference
        /// The reference of the image; nil for the repository that the release names.
        public var image: ArtifactReference?
        /// The asserted digest of the image, which is not resolved.
        public var imageDigest: Digest?
        /// The image's repository as the configuration names it.
        public var imageRepository: Repository?
        /// The kind of package that the configuration expects.
        public var packageKind: PackageKind?
        /// The signatures and attestations that are required; nil requires none.
        public var evidence: EvidenceRequirements?
        /// True to read all evidence even when none is required, so that it can be evaluated later.
        public var readsEvidence: Bool
        /// A pinned policy; nil for the one that the GitOps repository names, if there is one.
        public var policy: EvidencePolicy?
        /// The repository that evidence must name; nil for the one that the configuration names for capsules.
        public var repository: Repository?
        /// Reads the witness, should the release be a pair; nil when no GitOps repository is known.
        package var witness: WitnessSource?
        /// The digest of the witness that a record names; nil accepts the one that is there.
        package var recordedWitness: Digest?
        /// The same capsule and image, whose reading was started before the requirements were known.
        public var reading: StartedReading?

        /// Creates a request.
        public init(
            capsule: ArtifactReference, image: ArtifactReference? = nil, imageDigest: Digest? = nil,
            imageRepository: Repository? = nil,
            packageKind: PackageKind? = nil, evidence: EvidenceRequirements? = nil, readsEvidence: Bool = false,
            policy: EvidencePolicy? = nil, repository: Repository? = nil
        ) {
            self.capsule = capsule
            self.image = image
            self.imageDigest = imageDigest
            self.imageRepository = imageRepository
            self.packageKind = packageKind
            self.evidence = evidence
            self.readsEvidence = readsEvidence
            self.policy = policy
            self.repository = repository
        }
    }

    let opener: any ContentOpener

    /// Creates a verification.
    public init(opener: any ContentOpener) { self.opener = opener }

    /// Verifies the release and returns the verdict.
    ///
    /// - Throws: the errors that prevent a verdict, such as `OCIError.Code.unavailable`.
    public func verdict(_ request: Request) async throws -> Verdict {
        let verifier = Verifier(opener: opener)
        guard let reading = try await request.reading?.value(for: request) else {
            return try await verifier.verify(self.request(request))
        }
        return try await verifier.verify(self.request(request), reading: reading)
    }

    /// Reads the capsule and the image of a request, and judges nothing.
    func read(_ request: Request) async throws -> ReleaseReading {
        try await Verifier(opener: opener).read(self.request(request))
    }

    /// Verifies the release and throws when it is rejected.
    ///
    /// - Throws: `VerificationRejection`, and the errors that prevent a verdict.
    public func verified(_ request: Request) async throws -> (VerifiedCapsule, VerificationReport) {
        switch try await verdict(request) {
        case .verified(let capsule, let report): return (capsule, report)
        case .rejected(let report): throw VerificationRejection(report: report)
        }
    }

    /// Verifies the release and unpacks it in the same pass into a new directory, which is created only when the
    /// release is verified.
    ///
    /// - Throws: `VerificationRejection`, `ArchiveError`, and the errors that prevent a verdict.
    public func unpack(_ request: Request, to directory: String) async throws -> UnpackedCapsule {
        switch try await Verifier(opener: opener).unpack(self.request(request), to: directory) {
        case .unpacked(let capsule, _): return capsule
        case .rejected(let report): throw VerificationRejection(report: report)
        }
    }

    /// The request in the form of the verifier, with its stores opened.
    public func request(_ request: Request) async throws -> VerificationRequest {
        var evidence: ImageEvidence?
        if let digest = request.imageDigest {
            evidence = .asserted(digest)
        } else if let image = request.image {
            evidence = .lookup(
                source: try await opener.source(image.store), tag: image.tag, expected: image.digest)
        }
        var verification = VerificationRequest(
            capsule: request.capsule, source: try await opener.source(request.capsule.store),
            pinnedDigest: request.capsule.digest, image: evidence, imageRepository: request.imageRepository,
            packageKind: request.packageKind, evidence: request.evidence,
            readsEvidence: request.readsEvidence)
        verification.witness = request.witnessSource
        return verification
    }
}

extension ReleaseVerification.Request {
    /// The source of the witness, which must be the recorded one.
    fileprivate var witnessSource: WitnessSource? {
        guard let witness, let recordedWitness else { return witness }
        return { release in
            var found = try await witness(release)
            if let digest = found.reference?.digest, digest != recordedWitness {
                found.faults.append(
                    "the record of the stage names the witness \(recordedWitness), and \(found.place) is \(digest): the "
                        + "policy branch was rewritten, or the record was changed")
            }
            return found
        }
    }
}

/// The error of an operation that requires a verified release, when the release is rejected.
public struct VerificationRejection: Error, Sendable, CustomStringConvertible {
    /// The whole report.
    public let report: VerificationReport

    /// Creates the error from the report of a verdict.
    package init(report: VerificationReport) { self.report = report }

    /// The failure of the capsule, in one line.
    public var message: String {
        "the release \(report.capsule.reference) is rejected: \(report.failures.count) of \(report.checks.count) checks failed"
    }

    /// The checks that failed, as findings.
    public var findings: [Finding] {
        report.failures.map { check in
            Finding(
                rule: check.id, message: "\(check.id): \(check.reason ?? "failed")",
                remedy: check.remedy ?? "do not use this release")
        }
    }

    /// The message, followed by one line for each check that failed.
    public var description: String { ([message] + findings.map { "  \($0)" }).joined(separator: "\n") }
}
