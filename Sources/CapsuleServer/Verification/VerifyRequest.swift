internal import CapsuleCore
internal import CapsuleTrust
internal import GitOps
internal import OCI
internal import Promotion
internal import Rendering
internal import Support

/// What `POST /verify` asks for.
struct VerifyRequest: Hashable, Sendable {
    /// A capsule by tag, and by digest where the caller has it.
    struct Capsule: Hashable, Sendable {
        let repository: Repository
        let tag: Tag
        let digest: Digest?
    }

    let image: Freight.Image
    let capsule: Capsule
    /// What the caller believes about the release; compared, never trusted.
    let claim: ReleaseClaim?
    /// The stage to render for.
    let render: RenderOrder?

    /// Parses a body.
    init(_ body: [UInt8]) throws(ServiceError) {
        let top = try RequestReader(body, keys: ["image", "capsule", "release", "render"])
        image = try Freight.Image(top.requiredObject("image", keys: ["repoURL", "tag", "digest"]))
        let capsule = try top.requiredObject("capsule", keys: ["repoURL", "tag", "digest"])
        self.capsule = Capsule(
            repository: try capsule.required("repoURL") { try Repository($0) },
            tag: try capsule.required("tag") { try Tag($0) }, digest: try capsule.parsed("digest") { try Digest($0) })
        claim = try top.object("release", keys: ReleaseClaim.keys).map { (reader) throws(ServiceError) in
            try ReleaseClaim(reader)
        }
        render = try top.object("render", keys: ["stage", "gitops", "rollback", "kargo"]).map {
            (reader) throws(ServiceError) in
            try RenderOrder(reader)
        }
    }
}

/// The stage and the policy that `render` names.
struct RenderOrder: Hashable, Sendable {
    let stage: String
    let repository: String
    let commit: CommitID
    let rollback: Rollback
    /// Whether Kargo renders: then the overlay that it starts from must be the generated one.
    let byKargo: Bool

    init(_ reader: RequestReader) throws(ServiceError) {
        stage = try reader.required("stage", StageName.parse)
        (repository, commit) = try reader.gitops()
        rollback = try reader.rollback()
        byKargo = try reader.flag("kargo")
    }
}

/// The name of a stage in a request.
enum StageName {
    @Sendable static func parse(_ text: String) throws(CapsuleError) -> String {
        guard isDNSLabel(text) else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(text.prefix(100))) cannot name a stage; use 1 to 63 lowercase letters, digits and inner dashes"
            )
        }
        return text
    }
}
