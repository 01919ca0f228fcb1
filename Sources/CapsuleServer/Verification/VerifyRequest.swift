internal import CapsuleCore
internal import CapsuleTrust
internal import Documents
internal import GitOps
internal import OCI
internal import Promotion
internal import Rendering
internal import Support

/// The body of `POST /verify`.
struct VerifyRequest: Hashable, Sendable {
    let image: Freight.Image
    let capsule: CapsuleReference
    /// The caller's statement about the release, which is compared and never trusted.
    let claim: ReleaseClaim?
    /// The stage to render for; nil without a render.
    let render: RenderRequest?
    /// The GitOps repository with the witness, should the release be a pair; nil when none was named. A render names its own.
    let gitops: GitOpsCommit?

    /// Parses a body.
    init(_ body: [UInt8]) throws(DocumentError) {
        let top = try StrictObject(body: body, keys: ["image", "capsule", "release", "render", "gitops"])
        image = try Freight.Image(top.requiredObject("image", keys: ["repoURL", "tag", "digest"]))
        let capsule = try top.requiredObject("capsule", keys: ["repoURL", "tag", "digest"])
        self.capsule = CapsuleReference(
            repository: try capsule.requiredParsed("repoURL") { try Repository($0) },
            tag: try capsule.requiredParsed("tag") { try Tag($0) },
            digest: try capsule.parsed("digest") { try Digest($0, naming: "a capsule") })
        claim = try top.object("release", keys: ReleaseClaim.keys).map(ReleaseClaim.init)
        render = try top.object("render", keys: ["stage", "gitops", "rollback", "kargo"]).map(RenderRequest.init)
        gitops = try top.object("gitops", keys: ["repository", "commit"]).map { place throws(DocumentError) in
            GitOpsCommit(
                repository: try place.requiredText("repository"),
                commit: try place.parsed("commit") { try CommitID($0) })
        }
        guard render == nil || gitops == nil else {
            throw top.invalid(key: "gitops", "is for a request without `render`, which names its own")
        }
    }
}

/// A remote, in the same form as in `--allow-remote`, and a commit of its policy branch; nil for its head.
struct GitOpsCommit: Hashable, Sendable {
    let repository: String
    let commit: CommitID?
}

/// The object `render` of a request: a stage and the policy to render it with.
struct RenderRequest: Hashable, Sendable {
    let stage: String
    let repository: String
    let commit: CommitID
    let rollback: Rollback
    /// True when Kargo renders as well: the overlay that it renders must then be the generated one.
    let byKargo: Bool

    init(_ object: StrictObject) throws(DocumentError) {
        stage = try object.requiredParsed("stage", StageName.parse)
        (repository, commit) = try object.gitops()
        rollback = try object.rollback()
        byKargo = try object.bool("kargo") ?? false
    }
}
