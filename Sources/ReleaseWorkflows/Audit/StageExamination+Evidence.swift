internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import Documents
internal import EvidencePolicies
internal import GitOps
internal import OCI
internal import Promotion
internal import Signing
internal import Support

extension StageExamination {
    /// The checks of the evidence that is attached to the capsule: the requirements of the policy at the time of the
    /// commit, with later revocations applied, and the statement of the promotion.
    func evidence(
        of verified: VerifiedCapsule, on state: StageState, _ render: ReleaseRecord.Render
    ) throws -> [CheckResult] {
        guard case .value(let then)? = policies[render.gitops.commit], let found = verified.evidence else { return [] }
        let repository = try ReleaseVerification.Request(
            capsule: ArtifactReference(
                try StoreReference(verified.freight.capsule.repoURL), digest: verified.freight.capsule.digest),
            repository: request.repository
        ).evidenceRepository(then.workspace.configuration)
        let time = state.commit?.committed ?? 0
        var requirements: EvidenceRequirements?
        do {
            // The auditor may read the GitOps repository from another address than the promoters.
            var scope = try then.workspace.statementScope()
            scope.repository = render.gitops.repository
            requirements = try then.evidence?.requirements(
                for: state.stage, repository: repository, scope: scope, now: time)
        } catch {
            // No release can pass this policy. The audit of the other stages continues.
            return [
                CheckResult(
                    id: "policy", status: .fail, reason: error.message,
                    remedy: "find out how \(state.stage) took a release at \(state.committed ?? "that time")")
            ]
        }
        if let today = policies.today {
            requirements = requirements ?? EvidenceRequirements(policy: today.name)
            requirements?.revokedReleases.formUnion(today.revokedReleases)
            requirements?.revokedKeys.formUnion(today.revokedKeys)
        }
        var checks = requirements.map { found.checks($0, now: time) } ?? []
        if !request.promoters.isEmpty {
            checks.append(statement(found, state, render, verified, for: repository))
        }
        return checks
    }

    /// The check that a promoter attested this stage, freight, policy and rendered content. The commit is not
    /// compared, because people merge a review with a commit of their own.
    private func statement(
        _ found: ReleaseEvidence, _ state: StageState, _ render: ReleaseRecord.Render,
        _ release: VerifiedCapsule,
        for repository: Repository
    ) -> CheckResult {
        let id = "attestation.promotion"
        let promoters = request.promoters.filter { policies.today?.revokedKeys.contains($0.fingerprint) != true }
        for attestation in found.attestations(by: promoters, in: repository) {
            guard case .promoted(let statement) = attestation.content, statement.stage == state.stage,
                statement.freight.image == release.freight.image,
                statement.freight.capsule.digest == release.freight.capsule.digest, statement.isAbout(release.witness),
                statement.gitops.commit == render.gitops.commit, statement.rendered == render.digest,
                SourceURL.key(statement.gitops.repository) == SourceURL.key(render.gitops.repository)
            else { continue }
            return CheckResult(
                id: id, status: .pass,
                evidence: [
                    "key": attestation.key.description, "at": CapsuleFormat.timestamp(statement.promotedAt),
                    "outcome": statement.outcome.rawValue,
                ])
        }
        return CheckResult(
            id: id, status: .fail,
            reason: "none of these keys has attested that \(state.stage) took this render of this release",
            remedy: "find out who pushed \(state.branch); if it was a promotion, promote again with --attest-key")
    }
}
