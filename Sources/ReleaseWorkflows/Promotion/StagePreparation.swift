internal import CapsuleTrust
internal import DeliveryConfiguration
internal import GitOps
public import OCI
public import Promotion
public import Rendering
public import Support

/// The documents that a promotion of a release to a stage writes, for a pipeline that creates the commit itself and
/// must create the same one as `promote`.
public struct StagePreparation: Sendable, Codable {
    /// An entry of a kustomization's `images`, in the shape of Kargo's `kustomize-set-image`.
    public struct Image: Hashable, Sendable, Codable {
        /// The name in the package.
        public var image: String
        /// The repository that replaces the name.
        public var newName: Repository
        /// The digest to pin.
        public var digest: Digest
    }

    /// The stage.
    public var stage: String
    /// True when every gate is open and every proof succeeded.
    public var ok: Bool
    /// The results of all gates.
    public var gates: [GateResult]
    /// The reasons why the render is rejected; empty when it is not.
    public var findings: [Finding]
    /// The digest of the rendered files.
    public var digest: Digest?
    /// The program that rendered.
    public var renderer: RendererIdentity?
    /// The images to pin, in the order of the render.
    public var images: [Image]?
    /// The bytes of `release-metadata.yaml`.
    public var record: String?
    /// The bytes of `hydrator.metadata`.
    public var hydrator: String?
    /// The message of the commit.
    public var message: String?
    /// The change to make; nil when the render is rejected.
    public var change: PromotionPlan.Change?
    /// The stage branch.
    public var branch: String?
    /// The branch that people review; nil where a promotion needs no review.
    public var reviewBranch: String?

    /// Rejects the stage for further reasons; an empty list changes nothing.
    public mutating func refuse(_ reasons: [Finding]) {
        guard !reasons.isEmpty else { return }
        findings += reasons
        ok = false
        // The caller must not receive the documents of a rejected stage.
        (images, record, hydrator, message) = (nil, nil, nil, nil)
    }

    /// The documents of a promotion; none when its render is rejected or evidence is missing.
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
