internal import CapsuleCore
package import CapsuleTrust
internal import DeliveryConfiguration
package import OCI
internal import Signing
internal import Support

/// The content of a policy and the validity of its keys, for `capsule policy explain`.
package struct PolicyExplanation: Sendable, Codable {
    /// A key.
    package struct Key: Sendable, Codable {
        /// The name that the policy gives it.
        package var name: String
        /// The fingerprint.
        package var fingerprint: Digest
        /// The path of its file; nil for a key that the policy contains.
        package var file: String?
        /// The start of its validity, RFC 3339.
        package var from: String?
        /// The end of its validity, RFC 3339.
        package var until: String?
        /// True when the key is valid now.
        package var counts: Bool
        /// The reason why the key is not valid.
        package var reason: String?
    }

    /// The accepted keys, and the required number of them.
    package struct KeyThreshold: Sendable, Codable {
        /// The names of the keys.
        package var keys: [String]
        /// The number of keys that is required.
        package var threshold: Int
    }

    /// A required attestation.
    package struct Attestation: Sendable, Codable {
        /// The name of its check.
        package var id: String
        /// The names of the keys.
        package var keys: [String]
        /// The number of keys that is required.
        package var threshold: Int
        /// The required builder.
        package var builder: String?
        /// The required source repository.
        package var source: String?
        /// The required workflow.
        package var workflow: String?
        /// The required Git ref.
        package var ref: String?
        /// The required stage.
        package var stage: String?
    }

    /// The requirements of a stage.
    package struct Stage: Sendable, Codable {
        /// The name of the stage; nil for every stage that the policy does not name.
        package var stage: String?
        /// The keys that must have signed the release.
        package var signatures: KeyThreshold?
        /// The attestations that are required.
        package var attestations: [Attestation]
        /// The maximum age of the release's commit.
        package var maximumAge: String?
        /// The forms that a release may have; nil for any.
        package var forms: [String]?
        /// The reason why no release can pass; nil when one can.
        package var problem: String?
    }

    /// Revoked releases and keys.
    package struct Revoked: Sendable, Codable {
        /// The digests of capsules.
        package var releases: [Digest]
        /// The fingerprints of keys.
        package var keys: [Digest]
    }

    /// The schema of this document.
    package var schemaVersion = CapsuleFormat.documentSchema
    /// The name of the policy.
    package var policy: String
    /// True when releases can pass in every listed stage.
    package var ok: Bool
    /// The keys.
    package var keys: [Key]
    /// What signatures and attestations must name.
    package var bind: EvidenceBinding
    /// The stages.
    package var stages: [Stage]
    /// The revoked releases and keys.
    package var revoked: Revoked

    /// Explains a policy.
    ///
    /// - Parameters:
    ///   - stages: the stages to list.
    ///   - others: true to list the requirements of every other stage, too.
    ///   - now: the time in seconds since 1970, for keys with a validity period.
    package init(_ policy: EvidencePolicy, stages: [String], others: Bool, now: Int64) {
        self.policy = policy.name
        bind = policy.binding
        keys = policy.keys.map { key in
            let state = policy.state(of: key, at: now)
            return Key(
                name: key.name, fingerprint: key.key.fingerprint, file: key.file,
                from: key.from.map(CapsuleFormat.timestamp), until: key.until.map(CapsuleFormat.timestamp),
                counts: state == .valid, reason: EvidencePolicy.problem(state))
        }
        self.stages = (stages.map { Optional($0) } + (others ? [nil] : [])).map { stage in
            let rules = policy.rules(for: stage)
            return Stage(
                stage: stage, signatures: rules.signatures.map { KeyThreshold(keys: $0.keys, threshold: $0.threshold) },
                attestations: rules.attestations.map(Attestation.init), maximumAge: rules.maximumAge?.description,
                forms: rules.forms.map { $0.map(\.rawValue).sorted() }, problem: policy.problem(stage, now: now))
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
    /// The reason why no release can pass in a stage now; nil when a release can.
    package func problem(_ stage: String?, now: Int64) -> String? {
        do {
            // The validity of keys does not depend on the repository, so any valid name can be used.
            _ = try requirements(for: stage, repository: Repository("registry.invalid/any"), now: now)
            return nil
        } catch {
            return error.message
        }
    }
}
