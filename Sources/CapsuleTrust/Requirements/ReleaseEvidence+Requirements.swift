internal import CapsuleCore
package import OCI
package import Signing

extension ReleaseEvidence {
    /// The maximum number of seconds by which a release's time may be ahead of this machine's clock.
    package static let clockSkew: Int64 = 300

    /// Evaluates requirements: returns a check for each, in the order of `EvidenceRequirements.checkIDs`.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    public func checks(_ requirements: EvidenceRequirements, now: Int64) -> [CheckResult] {
        var checks = requirements.signatures.map { signature($0, requirements) }
        checks += requirements.attestations.map { attestation($0, requirements, now: now) }
        if !requirements.revokedReleases.isEmpty { checks.append(revoked(requirements)) }
        if let maximumAge = requirements.maximumAge { checks.append(age(maximumAge, requirements, now: now)) }
        if let forms = requirements.forms { checks.append(form(forms, requirements)) }
        return checks
    }

    /// Evaluates a requirement of signatures of this capsule for its repository.
    private func signature(_ requirement: SignatureRequirement, _ requirements: EvidenceRequirements) -> CheckResult {
        var evaluation = RequirementEvaluation(id: EvidenceRequirements.signatureCheck, rejections: rejections)
        for evidence in signedEvidence {
            if let type = evidence.predicateType, type != SignatureFormat.signPredicate {
                evaluation.ignore(type: type)
                continue
            }
            evaluation.evaluate { () throws(RejectionReason) in
                let key = try evidence.signer(among: requirement.keys, revoked: requirements.revokedKeys)
                let claim = try evidence.claim(
                    of: capsule, in: requirement.repository, binding: requirements.binding)
                guard case .signature = claim.content else {
                    throw evidence.rejection("it does not sign a release")
                }
                return RequirementEvaluation.Counted(
                    key: key, detail: evidence.form.rawValue, namesRepository: claim.namesRepository)
            }
        }
        return evaluation.result(
            threshold: requirement.threshold, repository: requirement.repository, word: "signature",
            none: "\(store) holds no signature of this capsule",
            remedies: (
                missing: "sign it with `capsule sign`, or copy it here with what is attached to it",
                rejected: "find out who signed it; do not use it until an accepted key has signed it"
            ), policy: requirements.policy)
    }

    /// Evaluates a requirement of attestations of this capsule for its repository.
    private func attestation(
        _ requirement: AttestationRequirement, _ requirements: EvidenceRequirements, now: Int64
    ) -> CheckResult {
        var evaluation = RequirementEvaluation(id: requirement.id, rejections: rejections)
        for evidence in signedEvidence where evidence.form != .simpleSigning {
            if let type = evidence.predicateType, !requirement.accepts(predicateType: type) {
                evaluation.ignore(type: type)
                continue
            }
            evaluation.evaluate { () throws(RejectionReason) in
                let found = try evaluate(evidence, requirement, requirements, now: now)
                return RequirementEvaluation.Counted(
                    key: found.attestation.key, detail: found.detail, namesRepository: found.namesRepository)
            }
        }
        return evaluation.result(
            threshold: requirement.threshold, repository: requirement.repository, word: "attestation",
            none: "\(store) holds no \(requirement.noun)",
            remedies: (
                missing: "\(requirement.remedy), or copy it here with what is attached to it",
                rejected: "find out who attested it; do not use it until an accepted key has attested it"
            ), policy: requirements.policy)
    }

    private func evaluate(
        _ evidence: SignedEvidence, _ requirement: AttestationRequirement, _ requirements: EvidenceRequirements,
        now: Int64
    ) throws(RejectionReason) -> (attestation: Attestation, detail: String, namesRepository: Bool) {
        let key = try evidence.signer(among: requirement.keys, revoked: requirements.revokedKeys)
        let claim = try evidence.claim(of: capsule, in: requirement.repository, binding: requirements.binding)
        let content = claim.content
        do {
            let detail = try requirement.evaluate(
                content, capsule: capsule, revision: revision, scope: requirements.scope, now: now)
            let attestation = Attestation(
                key: key, predicateType: evidence.predicateType ?? "", content: content, manifest: evidence.manifest)
            return (attestation, detail, claim.namesRepository)
        } catch {
            throw evidence.rejection(error.reason)
        }
    }

    /// The attestations that satisfy one of the requirements, without regard to its threshold.
    ///
    /// - Parameter now: the time in seconds since 1970.
    package func attestations(
        _ requirement: AttestationRequirement, of requirements: EvidenceRequirements = EvidenceRequirements(),
        now: Int64
    ) -> [Attestation] {
        signedEvidence.filter { $0.form != .simpleSigning }.compactMap { evidence in
            try? evaluate(evidence, requirement, requirements, now: now).attestation
        }
    }

    /// Every attestation of this capsule for a repository that one of `keys` signed, of any predicate type.
    package func attestations(by keys: [VerificationKey], in repository: Repository) -> [Attestation] {
        signedEvidence.filter { $0.form != .simpleSigning }.compactMap { evidence in
            guard let key = try? evidence.signer(among: keys, revoked: []),
                let content = try? evidence.claim(of: capsule, in: repository, binding: .name).content
            else { return nil }
            return Attestation(
                key: key, predicateType: evidence.predicateType ?? "", content: content, manifest: evidence.manifest)
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

    private func form(_ forms: Set<ReleaseForm>, _ requirements: EvidenceRequirements) -> CheckResult {
        let id = EvidenceRequirements.formCheck
        let evidence = ["form": form.rawValue]
        guard !forms.contains(form) else { return CheckResult(id: id, status: .pass, evidence: evidence) }
        let allowed = forms.map(\.rawValue).sorted().joined(separator: ", ")
        return CheckResult(
            id: id, status: .fail, evidence: evidence,
            reason: "the release is a \(form.rawValue), and forms allows \(allowed.isEmpty ? "nothing" : allowed)"
                + (requirements.policy.map { " in \($0)" } ?? ""),
            remedy: form == .pair ? "make a capsule of it with `capsule convert`" : "publish the release in that form")
    }

    /// A duration in whole days; in hours below two days, in minutes below two hours.
    private static func ageText(_ seconds: Int64) -> String {
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
                id: id, status: .fail, reason: "the capsule does not contain the time of its commit",
                remedy: RejectionReason.rebuild)
        }
        let evidence = ["created": CapsuleFormat.timestamp(created)]
        guard created <= now + Self.clockSkew else {
            return CheckResult(
                id: id, status: .fail, evidence: evidence,
                reason: "its commit is dated \(CapsuleFormat.timestamp(created)), and it is "
                    + "\(CapsuleFormat.timestamp(now)) here: one of the two clocks is wrong",
                remedy: "set the clock that is wrong; a commit keeps the time that it was made with")
        }
        let limit = maximum.components.seconds
        guard now - created <= limit else {
            return CheckResult(
                id: id, status: .fail, evidence: evidence,
                reason: "its commit is dated \(CapsuleFormat.timestamp(created)), "
                    + "\(Self.ageText(now - created)) ago; \(Self.ageText(limit)) are allowed"
                    + (requirements.policy.map { " by \($0)" } ?? ""),
                remedy: "build a newer release")
        }
        return CheckResult(id: id, status: .pass, evidence: evidence)
    }
}

/// An attestation whose signature and claim are verified.
package struct Attestation: Hashable, Sendable {
    /// The key that signed it.
    package let key: VerificationKey
    /// The URI of its predicate type.
    package let predicateType: String
    /// The content that must be attested.
    package let content: AttestationContent
    /// The manifest that holds it.
    package let manifest: Digest
}
