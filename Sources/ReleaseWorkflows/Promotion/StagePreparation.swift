internal import CapsuleTrust
internal import DeliveryConfiguration
internal import GitOps
public import OCI
public import Promotion
public import Rendering
public import Support

/// What a promotion of a release to a stage would write, as documents: for a pipeline that makes the commit by itself, and
/// must make the one that `promote` would.
public struct StagePreparation: Sendable, Codable {
    /// An entry of a kustomization's `images`, in the shape of Kargo's `kustomize-set-image`.
    public struct Image: Hashable, Sendable, Codable {
        /// The name in the package.
        public var image: String
        /// The repository that it becomes.
        public var newName: Repository
        /// The digest that it becomes.
        public var digest: Digest
    }

    /// The stage.
    public var stage: String
    /// Whether every gate is open and every proof holds.
    public var ok: Bool
    /// What every gate says.
    public var gates: [GateResult]
    /// Why the render is refused; empty when it is not.
    public var findings: [Finding]
    /// The rendered digest.
    public var digest: Digest?
    /// The program that rendered.
    public var renderer: RendererIdentity?
    /// The images to pin, in the order that the render pins them.
    public var images: [Image]?
    /// The bytes of `release-metadata.yaml`.
    public var record: String?
    /// The bytes of `hydrator.metadata`.
    public var hydrator: String?
    /// The message of the commit.
    public var message: String?
    /// What there is to do; nil when the render is refused.
    public var change: PromotionPlan.Change?
    /// The stage branch.
    public var branch: String?
    /// The branch that people review; nil where a promotion needs no review.
    public var reviewBranch: String?

    /// Refuses the stage for further reasons; none change nothing.
    public mutating func refuse(_ reasons: [Finding]) {
        guard !reasons.isEmpty else { return }
        findings += reasons
        ok = false
        // What is refused is not handed out.
        (images, record, hydrator, message) = (nil, nil, nil, nil)
    }

    /// What a promotion would write; no documents when its render is rejected or evidence is missing.
    init(_ promotion: StagePromotion, of capsule: VerifiedCapsule, policy: GitCommitObject) throws {
        stage = promotion.stage.name
        gates = promotion.plan?.gates ?? []
        findings = promotion.findings
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
        hydrator = String(decoding: try HydratorMetadata(content: content, policy: policy).json(), as: UTF8.self)
        message = StageCommitMessage.text(content, promotion)
        branch = plan.state.branch
        reviewBranch = promotion.stage.review == .none ? nil : plan.target.description
    }
}
