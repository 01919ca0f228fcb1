internal import CapsuleCore

/// The result of a check.
public enum CheckStatus: String, Hashable, Sendable, Codable {
    /// The condition holds.
    case pass
    /// The condition does not hold; the release is rejected.
    case fail
    /// The check could not be made, for the reason given. It has not passed.
    case skipped
}

/// One check of the chain in `docs/security.md`.
public struct CheckResult: Hashable, Sendable, Codable {
    /// The check, such as `package.digest`.
    public var id: String
    /// The result.
    public var status: CheckStatus
    /// The values that were compared.
    public var evidence: [String: String]
    /// The reason why it failed or was skipped.
    public var reason: String?
    /// The remedy for a failure.
    public var remedy: String?

    /// Describes the outcome of a check.
    package init(
        id: String, status: CheckStatus, evidence: [String: String] = [:], reason: String? = nil, remedy: String? = nil
    ) {
        self.id = id
        self.status = status
        self.evidence = evidence
        self.reason = reason
        self.remedy = remedy
    }
}

/// The checks that every verification makes, in the order of the report. The checks of `EvidenceRequirements.checkIDs`
/// follow them.
enum CheckID: String, CaseIterable {
    case identityTag = "identity.tag"
    case identityPair = "identity.pair"
    case imageDigest = "image.digest"
    case imageRepository = "image.repository"
    case capsuleDigest = "capsule.digest"
    case capsuleManifest = "capsule.manifest"
    case capsuleLayer = "capsule.layer"
    case releaseSchema = "release.schema"
    case witnessArtifact = "witness.artifact"
    case witnessOnce = "witness.once"
    case releaseCommit = "release.commit"
    case packageKind = "package.kind"
    case packagePath = "package.path"
    case packageDigest = "package.digest"
    case packageClosed = "package.closed"
    case metadataSBOM = "metadata.sbom"
    case metadataProvenance = "metadata.provenance"

    /// The checks of a release, in the order of the report: those of the witness are for a pair.
    static func all(of form: ReleaseForm) -> [CheckID] {
        form == .pair ? allCases : allCases.filter { $0 != .witnessArtifact && $0 != .witnessOnce }
    }

    /// True when a release of the legacy schema may lack the input of the check. Every other check must pass.
    var maySkip: Bool {
        switch self {
        case .imageRepository, .packageDigest, .metadataSBOM, .metadataProvenance: true
        default: false
        }
    }

    func pass(_ evidence: [String: String] = [:]) -> CheckResult {
        CheckResult(id: rawValue, status: .pass, evidence: evidence)
    }

    func fail(_ reason: String, remedy: String?, _ evidence: [String: String] = [:]) -> CheckResult {
        CheckResult(id: rawValue, status: .fail, evidence: evidence, reason: reason, remedy: remedy)
    }

    func skip(_ reason: String, _ evidence: [String: String] = [:]) -> CheckResult {
        CheckResult(id: rawValue, status: .skipped, evidence: evidence, reason: reason)
    }
}
