internal import CapsuleCore
public import OCI
public import Signing

extension ReleaseEvidence {
    /// How far ahead a release's time may be of the clock here.
    package static let clockSkew: Int64 = 300

    /// What the evidence says to what is asked for: a check each, in the order of `EvidenceRequirements.checkIDs`.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    public func checks(_ requirements: EvidenceRequirements, now: Int64) -> [CheckResult] {
        var checks = requirements.signatures.map { signature($0, requirements) }
        checks += requirements.attestations.map { attestation($0, requirements) }
        if !requirements.revokedReleases.isEmpty { checks.append(revoked(requirements)) }
        if let maximumAge = requirements.maximumAge { checks.append(age(maximumAge, requirements, now: now)) }
        return checks
    }

    /// Enough of the keys that count have signed this capsule for its repository.
    private func signature(_ requirement: SignatureRequirement, _ requirements: EvidenceRequirements) -> CheckResult {
        var judged = Judged(id: EvidenceRequirements.signatureCheck, refusals: refusals)
        for piece in pieces {
            if let type = piece.predicateType, type != SignatureFormat.signPredicate {
                judged.passOver(type)
                continue
            }
            judged.judge { () throws(Refusal) in
                let key = try piece.signer(among: requirement.keys, revoked: requirements.revokedKeys)
                guard case .signature = try piece.claim(of: capsule, in: requirement.repository) else {
                    throw piece.refusal("it does not sign a release")
                }
                return (key, piece.form.rawValue)
            }
        }
        return judged.result(
            threshold: requirement.threshold, repository: requirement.repository, word: "signature",
            none: "\(place) holds no signature of this capsule",
            remedies: (
                missing: "sign it with `capsule sign`, or copy it here with what is attached to it",
                refused: "find out who signed it; do not use it until a key that counts has"
            ), policy: requirements.policy)
    }

    /// Enough of the keys that count have attested what is asked for.
    private func attestation(_ requirement: AttestationRequirement, _ requirements: EvidenceRequirements)
        -> CheckResult
    {
        var judged = Judged(id: requirement.id, refusals: refusals)
        for piece in pieces where piece.form != .simpleSigning {
            if let type = piece.predicateType, !requirement.predicateTypes.contains(type) {
                judged.passOver(type)
                continue
            }
            judged.judge { () throws(Refusal) in
                let found = try judge(piece, requirement, revoked: requirements.revokedKeys)
                return (found.attestation.key, found.words)
            }
        }
        return judged.result(
            threshold: requirement.threshold, repository: requirement.repository, word: "attestation",
            none: "\(place) holds no \(requirement.words)",
            remedies: (
                missing: "\(requirement.remedy), or copy it here with what is attached to it",
                refused: "find out who attested it; do not use it until a key that counts has"
            ), policy: requirements.policy)
    }

    private func judge(_ piece: SignedPiece, _ requirement: AttestationRequirement, revoked: Set<Digest>)
        throws(Refusal) -> (attestation: Attestation, words: String)
    {
        let key = try piece.signer(among: requirement.keys, revoked: revoked)
        let content = try piece.claim(of: capsule, in: requirement.repository)
        do {
            let words = try requirement.judge(content, capsule: capsule, revision: revision)
            let attestation = Attestation(
                key: key, predicateType: piece.predicateType ?? "", content: content, manifest: piece.manifest)
            return (attestation, words)
        } catch {
            throw piece.refusal(error.reason)
        }
    }

    /// The attestations that count for a requirement, whatever its threshold is.
    public func attestations(_ requirement: AttestationRequirement, revokedKeys: Set<Digest> = []) -> [Attestation] {
        pieces.filter { $0.form != .simpleSigning }.compactMap { piece in
            try? judge(piece, requirement, revoked: revokedKeys).attestation
        }
    }

    /// All that keys have attested of this capsule for a repository, whatever it is.
    public func attestations(by keys: [VerificationKey], in repository: Repository) -> [Attestation] {
        pieces.filter { $0.form != .simpleSigning }.compactMap { piece in
            guard let key = try? piece.signer(among: keys, revoked: []),
                let content = try? piece.claim(of: capsule, in: repository)
            else { return nil }
            return Attestation(
                key: key, predicateType: piece.predicateType ?? "", content: content, manifest: piece.manifest)
        }
    }

    private func revoked(_ requirements: EvidenceRequirements) -> CheckResult {
        let id = EvidenceRequirements.revokedCheck
        guard requirements.revokedReleases.contains(capsule) else {
            return CheckResult(id: id, status: .pass, evidence: ["digest": capsule.description])
        }
        return CheckResult(
            id: id, status: .fail, evidence: ["digest": capsule.description],
            reason: "this release is revoked" + (requirements.policy.map { " by \($0)" } ?? ""),
            remedy: "use another release")
    }

    /// A time in whole days, or in hours or minutes where those would say too little.
    private static func words(_ seconds: Int64) -> String {
        switch seconds {
        case ..<7_200: "\(seconds / 60) minutes"
        case ..<172_800: "\(seconds / 3_600) hours"
        default: "\(seconds / 86_400) days"
        }
    }

    private func age(_ maximum: Duration, _ requirements: EvidenceRequirements, now: Int64) -> CheckResult {
        let id = EvidenceRequirements.ageCheck
        guard let created else {
            return CheckResult(
                id: id, status: .fail, reason: "the capsule does not say when its commit was made",
                remedy: Examination.rebuild)
        }
        let evidence = ["created": CapsuleFormat.timestamp(created)]
        guard created <= now + Self.clockSkew else {
            return CheckResult(
                id: id, status: .fail, evidence: evidence,
                reason: "its commit is of \(CapsuleFormat.timestamp(created)), and it is "
                    + "\(CapsuleFormat.timestamp(now)) here: one of the two clocks is wrong",
                remedy: "set the clock that is wrong; a commit keeps the time that it was made with")
        }
        let limit = maximum.components.seconds
        guard now - created <= limit else {
            return CheckResult(
                id: id, status: .fail, evidence: evidence,
                reason: "its commit is of \(CapsuleFormat.timestamp(created)), "
                    + "\(Self.words(now - created)) ago; \(Self.words(limit)) are allowed"
                    + (requirements.policy.map { " by \($0)" } ?? ""),
                remedy: "build a newer release")
        }
        return CheckResult(id: id, status: .pass, evidence: evidence)
    }
}

/// An attestation that was found and holds.
public struct Attestation: Hashable, Sendable {
    /// Who attested it.
    public let key: VerificationKey
    /// What kind it is.
    public let predicateType: String
    /// What it says.
    public let content: AttestationContent
    /// The manifest that it stands in.
    public let manifest: Digest
}
