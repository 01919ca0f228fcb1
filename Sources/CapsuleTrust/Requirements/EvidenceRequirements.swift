public import CapsuleCore
public import OCI

/// The evidence that one stage requires of a release.
public struct EvidenceRequirements: Hashable, Sendable {
    /// The required signatures: those of a policy, and those that an operator adds. All must be satisfied.
    public var signatures: [SignatureRequirement]
    /// The required attestations.
    public var attestations: [AttestationRequirement]
    /// Capsules that are revoked.
    public var revokedReleases: Set<Digest>
    /// The fingerprints of keys that are never accepted, for signatures and attestations alike.
    public var revokedKeys: Set<Digest>
    /// The maximum age of the release, counted from its commit.
    public var maximumAge: Duration?
    /// The forms that a release may have; nil for any.
    public var forms: Set<ReleaseForm>?
    /// What statements must name, apart from the promotions and verifications of stages, which always name the repository.
    public var binding: EvidenceBinding
    /// The source of the requirements, for messages: `policy.yaml at 0cc4…`.
    public var policy: String?
    /// The application and the GitOps repository that statements must be about; nil when they are not known, as for a
    /// policy file without a GitOps repository.
    public var scope: StatementScope?

    /// Combines requirements.
    public init(
        signatures: [SignatureRequirement] = [], attestations: [AttestationRequirement] = [],
        revokedReleases: Set<Digest> = [], revokedKeys: Set<Digest> = [], maximumAge: Duration? = nil,
        forms: Set<ReleaseForm>? = nil, binding: EvidenceBinding = .digest, policy: String? = nil,
        scope: StatementScope? = nil
    ) {
        self.signatures = signatures
        self.attestations = attestations
        self.revokedReleases = revokedReleases
        self.revokedKeys = revokedKeys
        self.maximumAge = maximumAge
        self.forms = forms
        self.binding = binding
        self.policy = policy
        self.scope = scope
    }

    /// Returns these requirements for statements about a release.
    ///
    /// - Parameter witness: the witness of a pair; nil for a capsule.
    package func about(_ image: Freight.Image, witness: WitnessReference?) -> EvidenceRequirements {
        var requirements = self
        requirements.scope?.image = image
        requirements.scope?.witness = witness
        return requirements
    }

    static let signatureCheck = "signature"
    static let revokedCheck = "release.revoked"
    static let ageCheck = "release.age"
    static let formCheck = "release.form"

    /// The ids of the checks of these requirements, one for each and in this order; two requirements may have the same
    /// id.
    public var checkIDs: [String] {
        signatures.map { _ in Self.signatureCheck } + attestations.map(\.id)
            + (revokedReleases.isEmpty ? [] : [Self.revokedCheck]) + (maximumAge == nil ? [] : [Self.ageCheck])
            + (forms == nil ? [] : [Self.formCheck])
    }

    /// True when evaluating the requirements needs evidence from the registry.
    var needsReading: Bool { !signatures.isEmpty || !attestations.isEmpty }
}

extension CheckResult {
    /// The ids that do not depend on a policy: those of the chain and of evidence. A policy names its attestations itself.
    package static let fixedIDs =
        CheckID.allCases.map(\.rawValue) + [
            EvidenceRequirements.signatureCheck, EvidenceRequirements.revokedCheck, EvidenceRequirements.ageCheck,
            EvidenceRequirements.formCheck,
        ]
}
