internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import OCI
internal import Promotion
internal import Support

/// Evaluates the evidence policy for releases that upstream stages hold. Each release is verified once.
struct UpstreamEvidenceGates {
    private let policy: EvidencePolicy
    private let workspace: GitOpsWorkspace
    private let verification: ReleaseVerification
    private let now: Int64
    private var seen: [ReleaseRecord.Release: Result<VerifiedCapsule, Unproven>] = [:]

    /// The error for evidence that could not be read, with the reason.
    private struct Unproven: Error { let reason: String }

    init(_ policy: EvidencePolicy, _ workspace: GitOpsWorkspace, opener: any ContentOpener, now: Int64) {
        self.policy = policy
        self.workspace = workspace
        verification = ReleaseVerification(opener: opener)
        self.now = now
    }

    /// The evidence gates of a stage, and the statements about promotions to its upstream stages. Evidence that could not
    /// be read closes the gate.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` for a policy that cannot be evaluated; `CancellationError`
    mutating func evidence(
        of stage: String, for release: ReleaseRecord.Release
    ) async throws -> (gates: [GateResult], attested: [String: AttestedPromotions]) {
        let repository = try ReleaseVerification.Request(capsule: try release.capsule.reference())
            .evidenceRepository(workspace.configuration)
        let requirements = try policy.requirements(
            for: stage, repository: repository, scope: workspace.statementScope(), now: now)
        switch try await capsule(release) {
        case .success(let capsule):
            return (
                StageEvidence(requirements, stage: stage, of: capsule, now: now).gates,
                AttestedPromotions.all(requirements, of: capsule, now: now)
            )
        case .failure(let unproven):
            let gate = GateResult(
                .evidence, ok: false, reason: "evidence could not be read: \(unproven.reason)",
                remedy: "run `capsule verify \(release.identity) --stage \(stage)` where the registry can be reached")
            return ([gate], AttestedPromotions.all(requirements, of: nil, now: now))
        }
    }

    private mutating func capsule(
        _ release: ReleaseRecord.Release
    ) async throws -> Result<VerifiedCapsule, Unproven> {
        if let known = seen[release] { return known }
        let result: Result<VerifiedCapsule, Unproven>
        do {
            var request = ReleaseVerification.Request(
                capsule: try release.capsule.reference(), imageDigest: release.image.digest,
                imageRepository: release.image.repoURL, packageKind: release.capsule.packageKind, readsEvidence: true)
            request.recordedWitness = release.witness?.digest
            result = .success(try await verification.verified(request.witnessed(by: workspace)).0)
        } catch let rejection as VerificationRejection {
            result = .failure(Unproven(reason: rejection.findings.first?.message ?? rejection.message))
        } catch let error as OCIError {
            result = .failure(Unproven(reason: error.message))
        }
        seen[release] = result
        return result
    }
}
