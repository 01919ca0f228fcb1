internal import CapsuleCore
public import CapsuleTrust
internal import DeliveryConfiguration
public import Documents
public import OCI
internal import Signing
internal import Support

extension EvidencePolicy {
    /// The validity of a key at a time.
    package enum KeyState: Hashable, Sendable {
        /// The key is valid.
        case valid
        /// The key is valid from that time on, in seconds since 1970.
        case notYetValid(Int64)
        /// The key was valid until that time, in seconds since 1970.
        case expired(Int64)
        /// The policy revokes the key.
        case revoked
    }

    /// The validity of a key at a time, in seconds since 1970. A signature does not contain its time, so the time is
    /// that of the verification.
    package func state(of key: Key, at now: Int64) -> KeyState {
        if revokedKeys.contains(key.key.fingerprint) { return .revoked }
        if let from = key.from, now < from { return .notYetValid(from) }
        if let until = key.until, now >= until { return .expired(until) }
        return .valid
    }

    /// The requirements of a stage, for the verification of a release.
    ///
    /// - Parameters:
    ///   - stage: the stage; nil for the requirements of every stage.
    ///   - repository: the repository that all evidence must name.
    ///   - scope: the other subjects that statements must be about; nil without a GitOps repository.
    ///   - now: the time in seconds since 1970, for keys with a validity period.
    /// - Throws: `DocumentError.Code.invalidDocument` when too few of the keys are valid, so that no release can pass.
    public func requirements(
        for stage: String?, repository: Repository, scope: StatementScope? = nil, now: Int64
    ) throws(DocumentError) -> EvidenceRequirements {
        let rules = rules(for: stage)
        var requirements = EvidenceRequirements(
            revokedReleases: revokedReleases, revokedKeys: revokedKeys,
            maximumAge: rules.maximumAge.map { .seconds($0.seconds) }, forms: rules.forms, binding: binding,
            policy: name, scope: scope)
        if let by = rules.signatures {
            requirements.signatures.append(
                try SignatureRequirement(
                    keys: usable(by, for: "signature", of: stage, at: now), threshold: by.threshold,
                    repository: repository))
        }
        for attestation in rules.attestations {
            requirements.attestations.append(
                try AttestationRequirement(
                    kind: attestation.kind, keys: usable(attestation.by, for: attestation.id, of: stage, at: now),
                    threshold: attestation.by.threshold, repository: repository))
        }
        return requirements
    }

    private func usable(
        _ by: KeyThreshold, for what: String, of stage: String?, at now: Int64
    ) throws(DocumentError) -> [VerificationKey] {
        let named = by.keys.compactMap { name in keys.first { $0.name == name } }
        let usable = named.filter { state(of: $0, at: now) == .valid }
        guard usable.count < by.threshold else { return usable.map(\.key) }
        let reasons = named.compactMap { key in
            Self.problem(state(of: key, at: now)).map { "\(key.name) \($0)" }
        }
        throw DocumentError(
            .invalidDocument,
            "\(name): \(stage.map { "stage \($0)" } ?? "every stage") requires \(by.threshold) of \(by.keys.count) keys "
                + "(\(what)), and \(usable.isEmpty ? "none" : "only \(usable.count)") of them \(usable.count > 1 ? "are" : "is") valid: "
                + "\(reasons.joined(separator: ", ")); add a valid key, or correct the clock, which says "
                + CapsuleFormat.timestamp(now))
    }

    /// The reason why a key is not valid, worded to follow the key's name; nil for a valid key.
    static func problem(_ state: KeyState) -> String? {
        switch state {
        case .valid: nil
        case .notYetValid(let from): "is valid from \(CapsuleFormat.timestamp(from)) on"
        case .expired(let until): "expired at \(CapsuleFormat.timestamp(until))"
        case .revoked: "is revoked"
        }
    }
}
