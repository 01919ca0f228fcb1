public import CapsuleTrust

/// What a stage's policy says about a release: which of the evidence that it asks for is there.
public struct StageEvidence: Hashable, Sendable, Codable {
    /// The stage; nil for what every stage asks.
    public var stage: String?
    /// Whether all that is asked for is there.
    public var ok: Bool
    /// A check for each thing that is asked for.
    public var checks: [CheckResult]
    /// The policy.
    public var policy: String?

    /// Asks a verified release for what a stage needs. What was asked for and was not looked at does not hold.
    package init(_ requirements: EvidenceRequirements, stage: String?, of capsule: VerifiedCapsule, now: Int64) {
        self.stage = stage
        policy = requirements.policy
        checks = capsule.evidence?.checks(requirements, now: now) ?? []
        ok = checks.map(\.id) == requirements.checkIDs && checks.allSatisfy { $0.status == .pass }
    }

    /// The answers as gates of the stage.
    package var gates: [GateResult] {
        let name = policy ?? "the policy"
        guard !checks.isEmpty else {
            return [
                GateResult(
                    .evidence, ok: ok,
                    reason: ok
                        ? "\(name) asks for none" : "\(name) asks for evidence, and none of it was read",
                    remedy: ok ? nil : "run again; if it repeats, report it")
            ]
        }
        return checks.map { check in
            let ok = check.status == .pass
            return GateResult(
                .evidence, subject: check.id, ok: ok,
                reason: ok ? "as \(name) asks" : check.reason ?? "could not be checked",
                remedy: ok ? nil : check.remedy ?? "find out why before this release is used")
        }
    }
}
