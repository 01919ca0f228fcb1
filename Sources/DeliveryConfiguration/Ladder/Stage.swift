public import Support

/// A stage of the pipeline: a deployment with its upstream stages, gates and review mode.
public struct Stage: Hashable, Sendable {
    /// How a promotion reaches the stage branch.
    public enum Review: String, Hashable, Sendable, Codable, CaseIterable {
        /// The promotion pushes to the stage branch.
        case none
        /// The promotion pushes to a branch of its own, and people merge it.
        case pullRequest = "pull-request"
    }

    /// The name: that of the deployment.
    public var name: String
    /// The stages that must hold or have held the release, by digest; all of them.
    public var after: [String]
    /// How long each upstream stage must have held the release.
    public var soak: DurationText?
    /// Files that must exist on the GitOps branch.
    public var requires: [RequiredFile]
    /// How a promotion reaches the stage branch.
    public var review: Review
    /// Whether a new release goes on without anybody asking.
    public var auto: Bool
    /// Whether the rendered output may hold objects without a namespace.
    public var allowClusterScoped: Bool
    /// Namespaces that objects may go to besides the deployment's own.
    public var allowNamespaces: [String]
    /// The check that Kargo makes of what was deployed; nil for none.
    public var verification: StageVerification?

    /// Describes a stage.
    public init(
        name: String, after: [String] = [], soak: DurationText? = nil, requires: [RequiredFile] = [],
        review: Review = .none, auto: Bool = false, allowClusterScoped: Bool = false,
        allowNamespaces: [String] = [], verification: StageVerification? = nil
    ) {
        self.name = name
        self.after = after
        self.soak = soak
        self.requires = requires
        self.review = review
        self.auto = auto
        self.allowClusterScoped = allowClusterScoped
        self.allowNamespaces = allowNamespaces
        self.verification = verification
    }
}
