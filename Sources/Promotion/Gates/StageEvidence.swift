package import CapsuleTrust

/// The evaluation of a stage's evidence requirements for a release.
package struct StageEvidence: Hashable, Sendable, Codable {
    /// The stage; nil for the requirements of every stage.
    package var stage: String?
    /// True when all requirements are met.
    package var ok: Bool
    /// A check for each requirement.
    package var checks: [CheckResult]
    /// The policy.
    package var policy: String?

    /// Evaluates the requirements of a stage. A requirement whose evidence was not read counts as failed.
    package init(_ requirements: EvidenceRequirements, stage: String?, of capsule: VerifiedCapsule, now: Int64) {
        self.stage = stage
        let requirements = requirements.about(capsule.freight.image, witness: capsule.witness)
        policy = requirements.policy
        checks = capsule.evidence?.checks(requirements, now: now) ?? []
        ok = checks.map(\.id) == requirements.checkIDs && checks.allSatisfy { $0.status == .pass }
    }

    /// The checks as gates of the stage.
    package var gates: [GateResult] {
        let name = policy ?? "the policy"
        guard !checks.isEmpty else {
            return [
                GateResult(
                    .evidence, ok: ok,
                    reason: ok
                        ? "\(name) requires none" : "\(name) requires evidence, and none of it was read",
                    remedy: ok ? nil : "run again; if it repeats, report it")
            ]
        }
        return checks.map { check in
            let ok = check.status == .pass
            return GateResult(
                .evidence, subject: check.id, ok: ok,
                reason: ok ? "as \(name) requires" : check.reason ?? "could not be checked",
                remedy: ok ? nil : check.remedy ?? "find out why before this release is used")
        }
    }
}
