internal import CapsuleTrust
internal import DeliveryConfiguration
internal import GitOps
package import OCI
package import Promotion
package import Rendering
package import Support

/// The documents that a promotion of a release to a stage writes, for a pipeline that creates the commit itself and
/// must create the same one as `promote`.
package struct StagePreparation: Sendable, Codable {
    /// An entry of a kustomization's `images`, in the shape of Kargo's `kustomize-set-image`.
    package struct Image: Hashable, Sendable, Codable {
        /// The name in the package.
        package var image: String
        /// The repository that replaces the name.
        package var newName: Repository
        /// The digest to pin.
        package var digest: Digest
    }

    /// The stage.
    package var stage: String
    /// True when every gate is open and every proof succeeded.
    package var ok: Bool
    /// The results of all gates.
    package var gates: [GateResult]
    /// The reasons why the render is rejected; empty when it is not.
    package var findings: [Finding]
    /// The values of the package or the policy that the render overrides; nil when there is nothing.
    package var warnings: [Finding]?
    /// The digest of the rendered files.
    package var digest: Digest?
    /// The program that rendered.
    package var renderer: RendererIdentity?
    /// The images to pin, in the order of the render.
    package var images: [Image]?
    /// The bytes of `release-metadata.yaml`.
    package var record: String?
    /// The bytes of `hydrator.metadata`.
    package var hydrator: String?
    /// The message of the commit.
    package var message: String?
    /// The pull request of a stage that people review.
    package var review: ReviewText?
    /// The change to make; nil when the render is rejected.
    package var change: PromotionPlan.Change?
    /// The stage branch.
    package var branch: String?
    /// The branch that people review; nil where a promotion needs no review.
    package var reviewBranch: String?

    /// Rejects the stage for further reasons; an empty list changes nothing.
    package mutating func reject(_ reasons: [Finding]) {
        guard !reasons.isEmpty else { return }
        findings += reasons
        ok = false
        // The caller must not receive the documents of a rejected stage.
        (images, record, hydrator, message, review) = (nil, nil, nil, nil, nil)
    }

    /// The documents of a promotion; none when its render is rejected or evidence is missing.
    init(_ promotion: StagePromotion, of capsule: VerifiedCapsule, policy: GitOpsSnapshot) throws {
        stage = promotion.stage.name
        gates = promotion.plan?.gates ?? []
        findings = promotion.findings
        warnings = promotion.warnings.isEmpty ? nil : promotion.warnings
        let change = promotion.plan?.change
        self.change = change
        ok = change != nil && change != .refused
        guard let plan = promotion.plan, let content = promotion.content else { return }
        digest = content.render.digest
        renderer = content.render.renderer
        images = ImagePin.all(of: capsule.pinnedRelease).pins.map {
            Image(image: $0.name, newName: $0.repository, digest: $0.digest)
        }
        record = content.record.yaml()
        hydrator = String(decoding: try HydratorMetadata(content: content, policy: policy.commit).json(), as: UTF8.self)
        message = StageCommitMessage.text(content, promotion)
        branch = plan.state.branch
        guard promotion.stage.review != .none else { return }
        reviewBranch = plan.target.description
        review = ReviewText(promotion, plan, content, gitops: policy.repository.remote)
    }
}
