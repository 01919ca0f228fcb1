public import CapsuleCore
public import OCI

/// What a promotion leaves beside the capsule: which stage took the release, by which policy, what came of it.
/// The predicate of `PredicateType.promotion`.
public struct PromotionStatement: Hashable, Sendable {
    /// What became of the promotion.
    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// The stage branch holds the release.
        case promoted
        /// It was put up for review; whether somebody merged it is not said here.
        case review
    }

    /// The GitOps repository, and the two commits in it.
    public struct GitOps: Hashable, Sendable {
        /// Its URL, without credentials.
        public var repository: String
        /// The commit whose policy and overlays were used.
        public var commit: CommitID
        /// The stage branch, or the branch of the review.
        public var branch: String
        /// The commit that was made on it.
        public var stageCommit: CommitID?

        /// Names a place in Git.
        public init(repository: String, commit: CommitID, branch: String, stageCommit: CommitID?) {
            self.repository = repository
            self.commit = commit
            self.branch = branch
            self.stageCommit = stageCommit
        }
    }

    /// The program that rendered.
    public struct Renderer: Hashable, Sendable {
        /// `kustomize` or `helm`.
        public var name: String
        /// Its version.
        public var version: String

        /// Names a program.
        public init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// The stage.
    public var stage: String
    /// The deployment in it.
    public var deployment: String
    /// When, in seconds since 1970.
    public var promotedAt: Int64
    /// What was promoted.
    public var freight: Freight
    /// Where it went.
    public var gitops: GitOps
    /// What rendered it.
    public var renderer: Renderer
    /// The digest of the rendered manifests.
    public var rendered: Digest
    /// The checks and gates that let it in.
    public var checks: [String]
    /// What became of it.
    public var outcome: Outcome

    /// Describes a promotion.
    public init(
        stage: String, deployment: String, promotedAt: Int64, freight: Freight, gitops: GitOps, renderer: Renderer,
        rendered: Digest, checks: [String], outcome: Outcome
    ) {
        self.stage = stage
        self.deployment = deployment
        self.promotedAt = promotedAt
        self.freight = freight
        self.gitops = gitops
        self.renderer = renderer
        self.rendered = rendered
        self.checks = checks
        self.outcome = outcome
    }
}
