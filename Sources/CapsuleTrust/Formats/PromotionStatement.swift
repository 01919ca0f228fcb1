package import CapsuleCore
package import Documents
package import OCI
internal import Support

/// The statement that a promotion attaches to the capsule: the stage, the policy commit, and the outcome.
/// The predicate of `PredicateType.promotion`.
package struct PromotionStatement: Hashable, Sendable {
    /// The outcome of a promotion.
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// The stage branch holds the release.
        case promoted
        /// A review was opened. The statement does not record a merge.
        case review
    }

    /// The GitOps repository, and the two commits in it.
    package struct GitOps: Hashable, Sendable {
        /// Its URL, without credentials.
        package var repository: String
        /// The commit whose policy and overlays were used.
        package var commit: CommitID
        /// The stage branch, or the branch of the review.
        package var branch: String
        /// The commit that was made on it.
        package var stageCommit: CommitID?

        /// Describes a GitOps repository and the commits in it.
        package init(repository: String, commit: CommitID, branch: String, stageCommit: CommitID?) {
            self.repository = repository
            self.commit = commit
            self.branch = branch
            self.stageCommit = stageCommit
        }
    }

    /// The program that rendered.
    package struct Renderer: Hashable, Sendable {
        /// `kustomize` or `helm`.
        package var name: String
        /// Its version.
        package var version: String

        /// Names a program.
        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// The stage.
    package var stage: String
    /// The deployment in it.
    package var deployment: String
    /// The time of the promotion, in seconds since 1970.
    package var promotedAt: Int64
    /// The image and the capsule that were promoted.
    package var freight: Freight
    /// The witness of a pair, at the policy commit; nil for a capsule.
    package var witness: WitnessReference?
    /// The GitOps repository and the commits in it.
    package var gitops: GitOps
    /// The program that rendered the manifests.
    package var renderer: Renderer
    /// The digest of the rendered manifests.
    package var rendered: Digest
    /// The checks and gates that passed.
    package var checks: [String]
    /// The outcome.
    package var outcome: Outcome

    /// Describes a promotion.
    package init(
        stage: String, deployment: String, promotedAt: Int64, freight: Freight, witness: WitnessReference? = nil,
        gitops: GitOps, renderer: Renderer, rendered: Digest, checks: [String], outcome: Outcome
    ) {
        self.stage = stage
        self.deployment = deployment
        self.promotedAt = promotedAt
        self.freight = freight
        self.witness = witness
        self.gitops = gitops
        self.renderer = renderer
        self.rendered = rendered
        self.checks = checks
        self.outcome = outcome
    }
}

extension PromotionStatement {
    /// The maximum number of checks that one statement lists: a chain has some twenty.
    static let maximumChecks = 200

    /// Reads a predicate strictly.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    package init(_ predicate: JSONValue?) throws(DocumentError) {
        let top = try StrictObject(
            predicate ?? .null, file: "the promotion statement",
            keys: [
                "stage", "deployment", "promotedAt", "freight", "witness", "gitops", "renderer", "rendered", "checks",
                "outcome",
            ])
        let freight = try top.requiredObject("freight", keys: ["image", "capsule"])
        let image = try freight.requiredObject("image", keys: ["repoURL", "tag", "digest"])
        let capsule = try freight.requiredObject("capsule", keys: ["repoURL", "tag", "digest"])
        let witness = try top.object("witness", keys: ["path", "digest"])
        let gitops = try top.requiredObject("gitops", keys: ["repository", "commit", "branch", "stageCommit"])
        let commit = try gitops.requiredParsed("commit") { try CommitID($0) }
        let renderer = try top.requiredObject("renderer", keys: ["name", "version"])
        let rendered = try top.requiredObject("rendered", keys: ["digest"])
        guard let checks = try top.parsedList("checks", StatementText.notEmpty), checks.count <= Self.maximumChecks
        else {
            throw top.invalid(key: "checks", "must be a list of at most \(Self.maximumChecks) checks")
        }
        guard let outcome: Outcome = try top.choice("outcome") else {
            throw top.invalid(key: "outcome", "is missing")
        }
        self.init(
            stage: try top.requiredParsed("stage", StatementText.stageName),
            deployment: try top.requiredParsed("deployment", StatementText.stageName),
            promotedAt: try top.requiredParsed("promotedAt", StatementText.time),
            freight: Freight(
                image: .init(
                    repoURL: try image.requiredParsed("repoURL") { try Repository($0) },
                    tag: try image.requiredParsed("tag") { try Tag($0) },
                    digest: try image.requiredParsed("digest") { try Digest($0, naming: "an image") }),
                capsule: .init(
                    repoURL: try capsule.requiredParsed("repoURL", StatementText.notEmpty),
                    tag: try capsule.requiredParsed("tag") { try Tag($0) },
                    digest: try capsule.requiredParsed("digest") { try Digest($0, naming: "a capsule") })),
            witness: try witness.map { (witness) throws(DocumentError) in
                WitnessReference(
                    path: try witness.requiredParsed("path") { try RelativePath($0) }, commit: commit,
                    digest: try witness.requiredParsed("digest") { try Digest($0, naming: "a witness") })
            },
            gitops: .init(
                repository: try gitops.requiredParsed("repository", StatementText.notEmpty), commit: commit,
                branch: try gitops.requiredParsed("branch", StatementText.notEmpty),
                stageCommit: try gitops.parsed("stageCommit") { try CommitID($0) }),
            renderer: .init(
                name: try renderer.requiredParsed("name", StatementText.notEmpty),
                version: try renderer.requiredParsed("version", StatementText.notEmpty)),
            rendered: try rendered.requiredParsed("digest") { try Digest($0, naming: "a render") }, checks: checks,
            outcome: outcome)
    }

    /// The predicate, to be attested.
    package var predicate: AttestationPredicate {
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
                "witness": witness.map {
                    .members(["path": .string($0.path.description), "digest": .string($0.digest.description)])
                },
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
