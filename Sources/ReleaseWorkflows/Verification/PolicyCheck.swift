internal import CapsuleCore
package import CapsuleTrust
package import DeliveryConfiguration
package import EvidencePolicies
package import OCI
internal import Promotion

/// The check of a policy, alone or with a release.
package struct PolicyCheck: Sendable, Codable {
    /// The result for a stage.
    package struct Stage: Sendable, Codable {
        /// The stage; nil for all stages that the policy does not name.
        package var stage: String?
        /// True when the release passes; without a release, when a release could pass.
        package var ok: Bool
        /// The reason why no release can pass.
        package var problem: String?
        /// The checks of the release; nil without one.
        package var checks: [CheckResult]?
    }

    /// The release.
    package struct Release: Sendable, Codable {
        /// The reference that was read.
        package var reference: String
        /// The capsule's digest; nil when it was not found.
        package var digest: Digest?
        /// True when it is a valid release, independent of the policy.
        package var ok: Bool
        /// The checks that failed.
        package var failures: [CheckResult]
    }

    /// The version of this document.
    package var schemaVersion = CapsuleFormat.documentSchema
    /// True when the policy can be met and the release, if there is one, passes.
    package var ok: Bool
    /// The policy.
    package var policy: String?
    /// The problem that concerns the policy as a whole.
    package var problem: String?
    /// The release; nil when none was named.
    package var release: Release?
    /// The stages.
    package var stages: [Stage]

    /// Creates the result for a policy that cannot be read.
    package init(problem: String) {
        ok = false
        self.problem = problem
        stages = []
    }

    /// Checks a policy alone.
    ///
    /// - Parameters:
    ///   - stages: the stages to check; a nil element is for all stages that the policy does not name.
    ///   - now: the time in seconds since 1970, for keys with a validity period.
    package init(_ policy: EvidencePolicy, stages: [String?], now: Int64) {
        self.policy = policy.name
        self.stages = stages.map { stage in
            let problem = policy.problem(stage, now: now)
            return Stage(stage: stage, ok: problem == nil, problem: problem)
        }
        ok = self.stages.allSatisfy(\.ok)
    }

    /// Checks a policy, and evaluates it for a release.
    ///
    /// - Throws: `CapsuleError`, and the errors that prevent a verdict, such as `OCIError.Code.unavailable`.
    package static func run(
        _ policy: EvidencePolicy, stages: [String?], on request: ReleaseVerification.Request,
        _ configuration: CapsuleConfiguration?, opener: any ContentOpener, now: Int64
    ) async throws -> PolicyCheck {
        var check = PolicyCheck(policy, stages: stages, now: now)
        let repository = try request.evidenceRepository(configuration)
        var request = request
        request.readsEvidence = true
        let verdict = try await ReleaseVerification(opener: opener).verdict(request)
        check.release = Release(
            reference: verdict.report.capsule.reference, digest: verdict.report.capsule.digest, ok: verdict.report.ok,
            failures: verdict.report.failures)
        for (index, stage) in stages.enumerated() where check.stages[index].ok {
            guard case .verified(let capsule, _) = verdict else {
                check.stages[index].ok = false
                continue
            }
            let evidence = StageEvidence(
                try policy.requirements(for: stage, repository: repository, now: now), stage: stage, of: capsule,
                now: now)
            (check.stages[index].ok, check.stages[index].checks) = (evidence.ok, evidence.checks)
        }
        check.ok = verdict.report.ok && check.stages.allSatisfy(\.ok)
        return check
    }
}
