package import Rendering
package import Support

/// A stage of the pipeline: a deployment with its upstream stages, gates and review mode.
public struct Stage: Hashable, Sendable {
    /// The way in which a promotion reaches the stage branch.
    public enum Review: String, Hashable, Sendable, Codable, CaseIterable {
        /// The promotion pushes to the stage branch.
        case none
        /// The promotion pushes to a review branch, and people merge it.
        case pullRequest = "pull-request"
    }

    /// The name of the stage, which is the name of its deployment.
    public var name: String
    /// The upstream stages. Each of them must hold or have held the release, compared by digest.
    public var after: [String]
    /// The time for which each upstream stage must have held the release.
    package var soak: DurationText?
    /// Files that must exist on the GitOps branch.
    package var requires: [RequiredFile]
    /// The way in which a promotion reaches the stage branch.
    public var review: Review
    /// True when a new release is promoted to the stage automatically.
    public var auto: Bool
    /// True when the rendered output may contain objects without a namespace.
    public var allowClusterScoped: Bool
    /// The kinds that are cluster-scoped and may be in the rendered output.
    package var clusterScoped: [GroupKind]
    /// The kinds that are namespaced, of those whose scope is not known otherwise.
    package var namespaced: [GroupKind]
    /// Namespaces that objects may have, in addition to the deployment's own.
    public var allowNamespaces: [String]
    /// The check that Kargo makes of the deployment; nil for none.
    package var verification: StageVerification?
    /// The time for which Kargo waits until Argo CD has deployed the release.
    package var argocdTimeout: DurationText
    /// An hour, which a slow rollout fits in.
    package static let argocdTimeout = DurationText(seconds: 3600)

    /// Creates a stage.
    package init(
        name: String, after: [String] = [], soak: DurationText? = nil, requires: [RequiredFile] = [],
        review: Review = .none, auto: Bool = false, allowClusterScoped: Bool = false,
        clusterScoped: [GroupKind] = [], namespaced: [GroupKind] = [], allowNamespaces: [String] = [],
        verification: StageVerification? = nil, argocdTimeout: DurationText = Stage.argocdTimeout
    ) {
        self.name = name
        self.after = after
        self.soak = soak
        self.requires = requires
        self.review = review
        self.auto = auto
        self.allowClusterScoped = allowClusterScoped
        self.clusterScoped = clusterScoped
        self.namespaced = namespaced
        self.allowNamespaces = allowNamespaces
        self.verification = verification
        self.argocdTimeout = argocdTimeout
    }
}
