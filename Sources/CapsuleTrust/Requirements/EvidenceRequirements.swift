public import OCI

/// All that is asked of the evidence beside a release, for one stage.
public struct EvidenceRequirements: Hashable, Sendable {
    /// Whose signatures it needs. Each of these must hold: what a policy asks for, and what an operator adds.
    public var signatures: [SignatureRequirement]
    /// The attestations it needs.
    public var attestations: [AttestationRequirement]
    /// Capsules that are not to be used any more.
    public var revokedReleases: Set<Digest>
    /// The fingerprints of keys that never count, for signatures and attestations alike.
    public var revokedKeys: Set<Digest>
    /// The most time since the commit of the release.
    public var maximumAge: Duration?
    /// Where all this came from, for messages: `policy.yaml at 0cc4…`.
    public var policy: String?

    /// Asks for evidence.
    public init(
        signatures: [SignatureRequirement] = [], attestations: [AttestationRequirement] = [],
        revokedReleases: Set<Digest> = [], revokedKeys: Set<Digest> = [], maximumAge: Duration? = nil,
        policy: String? = nil
    ) {
        self.signatures = signatures
        self.attestations = attestations
        self.revokedReleases = revokedReleases
        self.revokedKeys = revokedKeys
        self.maximumAge = maximumAge
        self.policy = policy
    }

    static let signatureCheck = "signature"
    static let revokedCheck = "release.revoked"
    static let ageCheck = "release.age"

    /// The checks that these make, one each and in this order; two requirements may share a name.
    public var checkIDs: [String] {
        signatures.map { _ in Self.signatureCheck } + attestations.map(\.id)
            + (revokedReleases.isEmpty ? [] : [Self.revokedCheck]) + (maximumAge == nil ? [] : [Self.ageCheck])
    }

    /// Whether anything that has to be read is asked for.
    var needsReading: Bool { !signatures.isEmpty || !attestations.isEmpty }
}
