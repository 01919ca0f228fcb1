internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
public import OCI
internal import Signing
internal import Support

/// What a policy asks, for people and for programs that show it to them.
public struct PolicyExplanation: Sendable, Codable {
    /// A key.
    public struct Key: Sendable, Codable {
        /// The name that the policy gives it.
        public var name: String
        /// The key itself.
        public var fingerprint: Digest
        /// The file that it was read from; nil for one that stands in the policy.
        public var file: String?
        /// Counts from then on, RFC 3339.
        public var from: String?
        /// Counts until then, RFC 3339.
        public var until: String?
        /// Whether it counts now.
        public var counts: Bool
        /// Why it does not.
        public var reason: String?
    }

    /// Who must have vouched.
    public struct Vouchers: Sendable, Codable {
        /// The names of the keys.
        public var keys: [String]
        /// How many of them.
        public var threshold: Int
    }

    /// An attestation that must be there.
    public struct Attestation: Sendable, Codable {
        /// The check.
        public var id: String
        /// The names of the keys.
        public var keys: [String]
        /// How many of them.
        public var threshold: Int
        /// Who must have built it.
        public var builder: String?
        /// The repository it must have been built from.
        public var source: String?
        /// The workflow that must have built it.
        public var workflow: String?
        /// The Git ref it must have been built at.
        public var ref: String?
        /// The stage that it is about.
        public var stage: String?
    }

    /// What a stage asks.
    public struct Stage: Sendable, Codable {
        /// The stage; nil for those that the policy does not name.
        public var stage: String?
        /// Who must have signed.
        public var signatures: Vouchers?
        /// What must be attested.
        public var attestations: [Attestation]
        /// How old the release's commit may be.
        public var maximumAge: String?
        /// Why no release can pass; nil when one can.
        public var problem: String?
    }

    /// What is taken back.
    public struct Revoked: Sendable, Codable {
        /// Capsules.
        public var releases: [Digest]
        /// Keys, by their fingerprints.
        public var keys: [Digest]
    }

    /// The version of this document.
    public var schemaVersion = ReleaseManifest.currentSchema
    /// The policy.
    public var policy: String
    /// Whether releases can pass in every stage that is shown.
    public var ok: Bool
    /// Its keys.
    public var keys: [Key]
    /// The stages.
    public var stages: [Stage]
    /// What is taken back.
    public var revoked: Revoked

    /// Explains a policy.
    ///
    /// - Parameters:
    ///   - stages: the stages to show.
    ///   - others: whether to show what every other stage asks, too.
    ///   - now: the time in seconds since 1970, for keys that count for a while.
    public init(_ policy: EvidencePolicy, stages: [String], others: Bool, now: Int64) {
        self.policy = policy.name
        keys = policy.keys.map { key in
            let state = policy.state(of: key, at: now)
            return Key(
                name: key.name, fingerprint: key.key.fingerprint, file: key.file,
                from: key.from.map(CapsuleFormat.timestamp), until: key.until.map(CapsuleFormat.timestamp),
                counts: state == .counts, reason: EvidencePolicy.words(state))
        }
        self.stages = (stages.map { Optional($0) } + (others ? [nil] : [])).map { stage in
            let rules = policy.rules(for: stage)
            return Stage(
                stage: stage, signatures: rules.signatures.map { Vouchers(keys: $0.keys, threshold: $0.threshold) },
                attestations: rules.attestations.map(Attestation.init), maximumAge: rules.maximumAge?.description,
                problem: policy.problem(stage, now: now))
        }
        revoked = Revoked(
            releases: policy.revokedReleases.sorted { "\($0)" < "\($1)" },
            keys: policy.revokedKeys.sorted { "\($0)" < "\($1)" })
        ok = self.stages.allSatisfy { $0.problem == nil }
    }
}

extension PolicyExplanation.Attestation {
    fileprivate init(_ attestation: EvidencePolicy.Attestation) {
        self.init(
            id: attestation.id, keys: attestation.by.keys, threshold: attestation.by.threshold,
            stage: attestation.stage)
        guard case .provenance(let provenance) = attestation.kind else { return }
        (builder, source, workflow, ref) = (
            provenance.builder, provenance.source, provenance.workflow, provenance.ref
        )
    }
}

extension EvidencePolicy {
    /// Why no release can pass in a stage now; nil when one can.
    package func problem(_ stage: String?, now: Int64) -> String? {
        do {
            // Whatever the repository is: whether enough keys count does not hang on it.
            _ = try requirements(for: stage, repository: Repository("registry.invalid/any"), now: now)
            return nil
        } catch let error as any Failure {
            return error.message
        } catch {
            return "\(error)"
        }
    }
}
