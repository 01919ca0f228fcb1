public import CapsuleCore
public import CapsuleTrust
public import OCI
public import Signing
package import Support

/// The content of `policy.yaml`: the signatures and attestations that each stage requires of a release. See
/// `docs/policy.md`.
public struct EvidencePolicy: Hashable, Sendable {
    /// The supported schema.
    public static let currentSchema = "release-capsule-policy/v1alpha1"

    /// A public key and its name in the policy.
    public struct Key: Hashable, Sendable {
        /// The name.
        public var name: String
        /// The key.
        public var key: VerificationKey
        /// The path of its file; nil for a key that the policy contains.
        public var file: String?
        /// The start of its validity, in seconds since 1970; nil for no start.
        public var from: Int64?
        /// The end of its validity, in seconds since 1970; nil for no end.
        public var until: Int64?

        /// Creates a key.
        package init(name: String, key: VerificationKey, file: String? = nil, from: Int64? = nil, until: Int64? = nil) {
            self.name = name
            self.key = key
            self.file = file
            self.from = from
            self.until = until
        }
    }

    /// The accepted keys, and the required number of them.
    public struct KeyThreshold: Hashable, Sendable {
        /// The names, in the order of the file.
        public var keys: [String]
        /// The required number of keys.
        public var threshold: Int

        /// Creates a threshold.
        package init(keys: [String], threshold: Int = 1) {
            self.keys = keys
            self.threshold = threshold
        }
    }

    /// A required attestation.
    public struct Attestation: Hashable, Sendable {
        /// The kind.
        public var kind: AttestationRequirement.Kind
        /// The keys that must have signed it.
        public var by: KeyThreshold

        /// Creates a requirement.
        package init(kind: AttestationRequirement.Kind, by: KeyThreshold) {
            self.kind = kind
            self.by = by
        }

        /// The name of its check.
        public var id: String { kind.id }
    }

    /// Requirements on a release.
    public struct Rules: Hashable, Sendable {
        /// The keys that must have signed the release; nil requires no signature.
        public var signatures: KeyThreshold?
        /// The required attestations.
        public var attestations: [Attestation]
        /// The maximum age of the release's commit; nil for any age.
        package var maximumAge: DurationText?
        /// The forms that a release may have; nil for any.
        public var forms: Set<ReleaseForm>?

        /// Creates rules.
        package init(
            signatures: KeyThreshold? = nil, attestations: [Attestation] = [], maximumAge: DurationText? = nil,
            forms: Set<ReleaseForm>? = nil
        ) {
            self.signatures = signatures
            self.attestations = attestations
            self.maximumAge = maximumAge
            self.forms = forms
        }

        /// True when nothing is required.
        public var isEmpty: Bool { signatures == nil && attestations.isEmpty && maximumAge == nil && forms == nil }
    }

    /// The name of the policy in messages: its path, and the commit that it was read at.
    public var name: String
    /// The keys, in the order of the file.
    public var keys: [Key]
    /// The requirements of every stage.
    public var common: Rules
    /// The requirements of single stages, by their names.
    public var stages: [String: Rules]
    /// What signatures and attestations must name.
    public var binding: EvidenceBinding
    /// The capsules that every stage rejects.
    public var revokedReleases: Set<Digest>
    /// The fingerprints of keys that are no longer valid.
    public var revokedKeys: Set<Digest>

    /// Creates a policy.
    package init(
        name: String, keys: [Key], common: Rules, stages: [String: Rules] = [:], binding: EvidenceBinding = .digest,
        revokedReleases: Set<Digest> = [], revokedKeys: Set<Digest> = []
    ) {
        self.name = name
        self.keys = keys
        self.common = common
        self.stages = stages
        self.binding = binding
        self.revokedReleases = revokedReleases
        self.revokedKeys = revokedKeys
    }

    /// The requirements of a stage: its own attestations are added to the common ones; its own signatures, maximum age
    /// and forms replace the common ones.
    ///
    /// - Parameter stage: the stage; nil for the requirements of every stage.
    package func rules(for stage: String?) -> Rules {
        guard let own = stage.flatMap({ stages[$0] }) else { return common }
        return Rules(
            signatures: own.signatures ?? common.signatures, attestations: common.attestations + own.attestations,
            maximumAge: own.maximumAge ?? common.maximumAge, forms: own.forms ?? common.forms)
    }
}
