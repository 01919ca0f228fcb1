internal import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import OCI
internal import Promotion
internal import Support

/// Evaluates the evidence policy for releases that upstream stages hold. Each release is verified once.
struct UpstreamEvidenceGates {
    private let policy: EvidencePolicy
    private let configuration: CapsuleConfiguration
    private let verification: ReleaseVerification
    private let now: Int64
    private var seen: [ReleaseRecord.Release: Result<VerifiedCapsule, Unproven>] = [:]

    /// The error for evidence that could not be read, with the reason.
    private struct Unproven: Error { let reason: String }

    init(_ policy: EvidencePolicy, _ configuration: CapsuleConfiguration, opener: any ContentOpener, now: Int64) {
        self.policy = policy
        self.configuration = configuration
        verification = ReleaseVerification(opener: opener)
        self.now = now
    }

    /// The evidence gates of a stage. Evidence that could not be read closes the gate.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` for a policy that cannot be evaluated; `CancellationError`
    mutating func gates(of stage: String, for release: ReleaseRecord.Release) async throws -> [GateResult] {
        switch try await capsule(release) {
        case .success(let capsule):
            let repository = try ReleaseVerification.Request(capsule: try release.capsule.location())
                .evidenceRepository(configuration)
            let requirements = try policy.requirements(for: stage, repository: repository, now: now)
            return StageEvidence(requirements, stage: stage, of: capsule, now: now).gates
        case .failure(let unproven):
            return [
                GateResult(
                    .evidence, ok: false, reason: "evidence could not be read: \(unproven.reason)",
                    remedy:
                        "run `capsule verify \(release.identity) --stage \(stage)` where the registry can be reached")
            ]
        }
    }

    private mutating func capsule(
        _ release: ReleaseRecord.Release
    ) async throws -> Result<VerifiedCapsule, Unproven> {
        if let known = seen[release] { return known }
        let result: Result<VerifiedCapsule, Unproven>
        do {
            let request = ReleaseVerification.Request(
                capsule: try release.capsule.location(), imageDigest: release.image.digest,
                imageRepository: release.image.repoURL, packageKind: release.capsule.packageKind, readsEvidence: true)
            result = .success(try await verification.verified(request).0)
        } catch let rejection as VerificationRejection {
            result = .failure(Unproven(reason: rejection.findings.first?.message ?? rejection.message))
        } catch let error as OCIError {
            result = .failure(Unproven(reason: error.message))
        }
        seen[release] = result
        return result
    }
}
