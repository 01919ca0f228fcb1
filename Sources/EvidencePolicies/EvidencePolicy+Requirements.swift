internal import CapsuleCore
public import CapsuleTrust
internal import DeliveryConfiguration
public import Documents
public import OCI
internal import Signing

extension EvidencePolicy {
    /// Whether a key counts.
    public enum KeyState: Hashable, Sendable {
        /// It does.
        case counts
        /// It does from then on.
        case early(Int64)
        /// It did until then.
        case expired(Int64)
        /// It was revoked.
        case revoked
    }

    /// Whether a key counts at a time, in seconds since 1970. When something was signed cannot be told from a signature
    /// alone, so the time that matters is the one at which it is looked at.
    public func state(of key: Key, at now: Int64) -> KeyState {
        if revokedKeys.contains(key.key.fingerprint) { return .revoked }
        if let from = key.from, now < from { return .early(from) }
        if let until = key.until, now >= until { return .expired(until) }
        return .counts
    }

    /// What a stage asks of a release, as the chain of checks takes it.
    ///
    /// - Parameters:
    ///   - stage: nil for what every stage asks.
    ///   - repository: the repository that all evidence must have been made for.
    ///   - now: the time in seconds since 1970, for keys that count for a while.
    /// - Throws: `DocumentError.Code.invalidDocument` when too few of the keys count: nothing could ever pass.
    public func requirements(
        for stage: String?, repository: Repository, now: Int64
    ) throws(DocumentError) -> EvidenceRequirements {
        let rules = rules(for: stage)
        var requirements = EvidenceRequirements(
            revokedReleases: revokedReleases, revokedKeys: revokedKeys,
            maximumAge: rules.maximumAge.map { .seconds($0.seconds) }, policy: name)
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
        _ by: Vouchers, for what: String, of stage: String?, at now: Int64
    ) throws(DocumentError) -> [VerificationKey] {
        let named = by.keys.compactMap { name in keys.first { $0.name == name } }
        let usable = named.filter { state(of: $0, at: now) == .counts }
        guard usable.count < by.threshold else { return usable.map(\.key) }
        let reasons = named.compactMap { key in
            Self.words(state(of: key, at: now)).map { "\(key.name) \($0)" }
        }
        throw DocumentError(
            .invalidDocument,
            "\(name): \(stage.map { "stage \($0)" } ?? "every stage") asks for \(by.threshold) of \(by.keys.count) keys "
                + "(\(what)), and \(usable.count == 0 ? "none of them counts" : "only \(usable.count) counts"): "
                + "\(reasons.joined(separator: ", ")); name keys that count, or correct the clock, which says "
                + CapsuleFormat.timestamp(now))
    }

    /// Why a key does not count, after its name; nil when it does.
    static func words(_ state: KeyState) -> String? {
        switch state {
        case .counts: nil
        case .early(let from): "counts from \(CapsuleFormat.timestamp(from)) on"
        case .expired(let until): "counted until \(CapsuleFormat.timestamp(until))"
        case .revoked: "is revoked"
        }
    }
}
