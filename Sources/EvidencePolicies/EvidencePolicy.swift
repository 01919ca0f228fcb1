public import CapsuleTrust
public import DeliveryConfiguration
public import OCI
public import Signing

/// What `policy.yaml` says: whose signatures and attestations a release needs, for each stage. `docs/policy.md`.
public struct EvidencePolicy: Hashable, Sendable {
    /// The schema that we read.
    public static let currentSchema = "release-capsule-policy/v1alpha1"

    /// A key that may count, under the name that the policy gives it.
    public struct Key: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The key.
        public var key: VerificationKey
        /// Where it was read from: a file's path, or nil for one that stands in the policy.
        public var file: String?
        /// Counts from then on, in seconds since 1970; nil for always.
        public var from: Int64?
        /// Counts until then, in seconds since 1970; nil for ever.
        public var until: Int64?

        /// Names a key.
        public init(name: String, key: VerificationKey, file: String? = nil, from: Int64? = nil, until: Int64? = nil) {
            self.name = name
            self.key = key
            self.file = file
            self.from = from
            self.until = until
        }
    }

    /// Who must have vouched: so many of these keys, by their names.
    public struct Vouchers: Hashable, Sendable {
        /// The names, in the order of the file.
        public var keys: [String]
        /// How many of them.
        public var threshold: Int

        /// Names keys.
        public init(keys: [String], threshold: Int = 1) {
            self.keys = keys
            self.threshold = threshold
        }
    }

    /// An attestation that must be there.
    public struct Attestation: Hashable, Sendable {
        /// What it attests.
        public var kind: AttestationRequirement.Kind
        /// Whose it must be.
        public var by: Vouchers

        /// Asks for an attestation.
        public init(kind: AttestationRequirement.Kind, by: Vouchers) {
            self.kind = kind
            self.by = by
        }

        /// The check that it becomes.
        public var id: String { kind.id }
    }

    /// What is asked of a release.
    public struct Rules: Hashable, Sendable {
        /// Who must have signed; nil asks for no signature.
        public var signatures: Vouchers?
        /// What must be attested.
        public var attestations: [Attestation]
        /// How old the release's commit may be; nil for any age.
        public var maximumAge: SoakTime?

        /// States rules.
        public init(signatures: Vouchers? = nil, attestations: [Attestation] = [], maximumAge: SoakTime? = nil) {
            self.signatures = signatures
            self.attestations = attestations
            self.maximumAge = maximumAge
        }

        /// Whether nothing is asked.
        public var isEmpty: Bool { signatures == nil && attestations.isEmpty && maximumAge == nil }
    }

    /// What the policy is called in messages: its path, and the commit it was read at.
    public var name: String
    /// The keys, in the order of the file.
    public var keys: [Key]
    /// What every stage asks.
    public var common: Rules
    /// What stages say themselves.
    public var stages: [String: Rules]
    /// Capsules that no stage takes any more.
    public var revokedReleases: Set<Digest>
    /// Fingerprints of keys that do not count any more.
    public var revokedKeys: Set<Digest>

    /// Puts a policy together.
    public init(
        name: String, keys: [Key], common: Rules, stages: [String: Rules] = [:], revokedReleases: Set<Digest> = [],
        revokedKeys: Set<Digest> = []
    ) {
        self.name = name
        self.keys = keys
        self.common = common
        self.stages = stages
        self.revokedReleases = revokedReleases
        self.revokedKeys = revokedKeys
    }

    /// What a stage asks: its own attestations on top of the common ones; its own signatures and age in place of the common.
    ///
    /// - Parameter stage: nil for what every stage asks.
    public func rules(for stage: String?) -> Rules {
        guard let own = stage.flatMap({ stages[$0] }) else { return common }
        return Rules(
            signatures: own.signatures ?? common.signatures, attestations: common.attestations + own.attestations,
            maximumAge: own.maximumAge ?? common.maximumAge)
    }
}
