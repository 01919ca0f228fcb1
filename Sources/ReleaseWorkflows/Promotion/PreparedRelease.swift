package import CapsuleCore
package import CapsuleTrust
internal import DeliveryConfiguration
package import GitOps
internal import Promotion
package import Rendering

/// A release that is verified, rendered and planned for stages.
package struct PreparedRelease: Sendable {
    /// The release.
    package let capsule: VerifiedCapsule
    /// The report of its verification.
    package let report: VerificationReport
    /// The policy that it was rendered with.
    package let snapshot: GitOpsSnapshot

    let promoter: Promoter
    /// The promotions, in the order of the request.
    private(set) var promotions: [StagePromotion]

    /// The deployment that a stage was rendered for; nil when it was not rendered or the render was rejected.
    ///
    /// - Throws: `CapsuleError`
    package func deployment(_ stage: String) throws(CapsuleError) -> Deployment? {
        guard let render = promotions.first(where: { $0.stage.name == stage })?.content?.render else { return nil }
        return try Deployment(name: render.deployment, envType: render.envType, namespace: render.namespace)
    }

    /// Compares the current and the new content of the stages.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package mutating func compare() async throws {
        let held = try await promoter.branches.files(promotions.compactMap { $0.content == nil ? nil : $0.plan?.state })
        for index in promotions.indices {
            guard let content = promotions[index].content else { continue }
            promotions[index].diff = ManifestDiff.between(held[promotions[index].stage.name] ?? [], content.files)
        }
    }

    /// Attests the promotions that succeeded, and fills in their reports.
    func attest(
        _ promotions: [StagePromotion], by attester: PromotionAttester
    ) async throws -> [StagePromotion] {
        try await attester.attest(
            promotions, of: capsule, checks: report.checks.filter { $0.status == .pass }.map(\.id),
            notBefore: max(snapshot.commit.committed, capsule.committed ?? 0))
    }

    /// The documents that a promotion would write for each stage, in the order of the request.
    ///
    /// - Throws: `CapsuleError`
    package func documents() throws -> [StagePreparation] {
        try promotions.map { try StagePreparation($0, of: capsule, policy: snapshot) }
    }
}
