public import CapsuleCore
public import Documents
public import OCI
internal import Support

/// The statement that a promotion attaches to the capsule: the stage, the policy commit, and the outcome.
/// The predicate of `PredicateType.promotion`.
public struct PromotionStatement: Hashable, Sendable {
    /// The outcome of a promotion.
    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// The stage branch holds the release.
        case promoted
        /// A review was opened. The statement does not record a merge.
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
    /// The image and the capsule that were promoted.
    public var freight: Freight
    /// The GitOps repository and the commits in it.
    public var gitops: GitOps
    /// The program that rendered the manifests.
    public var renderer: Renderer
    /// The digest of the rendered manifests.
    public var rendered: Digest
    /// The checks and gates that passed.
    public var checks: [String]
    /// The outcome.
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

extension PromotionStatement {
    /// The most checks that one statement lists: a chain has some twenty.
    static let maximumChecks = 200

    /// Reads a predicate strictly.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    public init(_ predicate: JSONValue?) throws(DocumentError) {
        let top = try JSONFields(
            predicate, "the promotion statement",
            keys: [
                "stage", "deployment", "promotedAt", "freight", "gitops", "renderer", "rendered", "checks", "outcome",
            ])
        let freight = try JSONFields(top["freight"], "freight", keys: ["image", "capsule"])
        let image = try JSONFields(freight["image"], "freight.image", keys: ["repoURL", "tag", "digest"])
        let capsule = try JSONFields(freight["capsule"], "freight.capsule", keys: ["repoURL", "tag", "digest"])
        let gitops = try JSONFields(
            top["gitops"], "gitops", keys: ["repository", "commit", "branch", "stageCommit"])
        let renderer = try JSONFields(top["renderer"], "renderer", keys: ["name", "version"])
        let rendered = try JSONFields(top["rendered"], "rendered", keys: ["digest"])
        guard let checks = top["checks"]?.array, checks.count <= Self.maximumChecks else {
            throw DocumentError(.invalidDocument, "checks must be a list of at most \(Self.maximumChecks) strings")
        }
        var names: [String] = []
        for check in checks {
            guard let name = check.string, !name.isEmpty else {
                throw DocumentError(.invalidDocument, "each check must be a non-empty string")
            }
            names.append(name)
        }
        self.init(
            stage: try top.parse("stage") { isDNSLabel($0) ? $0 : nil },
            deployment: try top.parse("deployment") { isDNSLabel($0) ? $0 : nil },
            promotedAt: try top.parse("promotedAt") { CapsuleFormat.seconds($0) },
            freight: Freight(
                image: .init(
                    repoURL: try image.parse("repoURL") { try Repository($0) },
                    tag: try image.parse("tag") { try Tag($0) },
                    digest: try image.parse("digest") { try Digest($0) }),
                capsule: .init(
                    repoURL: try capsule.text("repoURL"), tag: try capsule.parse("tag") { try Tag($0) },
                    digest: try capsule.parse("digest") { try Digest($0) })),
            gitops: .init(
                repository: try gitops.text("repository"), commit: try gitops.parse("commit") { try CommitID($0) },
                branch: try gitops.text("branch"),
                stageCommit: try gitops.optional("stageCommit") == nil
                    ? nil : gitops.parse("stageCommit") { try CommitID($0) }),
            renderer: .init(name: try renderer.text("name"), version: try renderer.text("version")),
            rendered: try rendered.parse("digest") { try Digest($0) }, checks: names,
            outcome: try top.parse("outcome") { Outcome(rawValue: $0) })
    }

    /// The predicate, to be attested.
    public var predicate: AttestationPredicate {
        AttestationPredicate(
            type: PredicateType.promotion,
            value: .members([
                "stage": .string(stage), "deployment": .string(deployment),
                "promotedAt": .string(CapsuleFormat.timestamp(promotedAt)),
                "freight": .members([
                    "image": .members([
                        "repoURL": .string(freight.image.repoURL.description),
                        "tag": .string(freight.image.tag.description),
                        "digest": .string(freight.image.digest.description),
                    ]),
                    "capsule": .members([
                        "repoURL": .string(freight.capsule.repoURL), "tag": .string(freight.capsule.tag.description),
                        "digest": .string(freight.capsule.digest.description),
                    ]),
                ]),
                "gitops": .members([
                    "repository": .string(SourceURL.withoutCredentials(gitops.repository)),
                    "commit": .string(gitops.commit.description), "branch": .string(gitops.branch),
                    "stageCommit": gitops.stageCommit.map { .string($0.description) },
                ]),
                "renderer": .members(["name": .string(renderer.name), "version": .string(renderer.version)]),
                "rendered": .members(["digest": .string(rendered.description)]),
                "checks": .array(checks.map { .string($0) }), "outcome": .string(outcome.rawValue),
            ]))
    }
}
