internal import CapsuleCore
internal import CapsuleTrust
internal import GitOps
internal import OCI
internal import Promotion
internal import Rendering
internal import Support

/// The body of `POST /verify`.
struct VerifyRequest: Hashable, Sendable {
    let image: Freight.Image
    let capsule: CapsuleReference
    /// The caller's statement about the release; compared, never trusted.
    let claim: ReleaseClaim?
    /// The stage to render for.
    let render: RenderRequest?

    /// Parses a body.
    init(_ body: [UInt8]) throws(ServiceError) {
        let top = try RequestReader(body, keys: ["image", "capsule", "release", "render"])
        image = try Freight.Image(top.requiredObject("image", keys: ["repoURL", "tag", "digest"]))
        let capsule = try top.requiredObject("capsule", keys: ["repoURL", "tag", "digest"])
        self.capsule = CapsuleReference(
            repository: try capsule.required("repoURL") { try Repository($0) },
            tag: try capsule.required("tag") { try Tag($0) }, digest: try capsule.parsed("digest") { try Digest($0) })
        claim = try top.object("release", keys: ReleaseClaim.keys).map { (reader) throws(ServiceError) in
            try ReleaseClaim(reader)
        }
        render = try top.object("render", keys: ["stage", "gitops", "rollback", "kargo"]).map {
            (reader) throws(ServiceError) in
            try RenderRequest(reader)
        }
    }
}

/// The object `render` of a request: a stage and the policy to render it with.
struct RenderRequest: Hashable, Sendable {
    let stage: String
    let repository: String
    let commit: CommitID
    let rollback: Rollback
    /// True when Kargo renders, too: then the overlay that it starts from must be the generated one.
    let byKargo: Bool

    init(_ reader: RequestReader) throws(ServiceError) {
        stage = try reader.required("stage", StageName.parse)
        (repository, commit) = try reader.gitops()
        rollback = try reader.rollback()
        byKargo = try reader.flag("kargo")
    }
}
