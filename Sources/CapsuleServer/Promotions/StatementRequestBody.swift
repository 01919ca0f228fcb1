internal import CapsuleCore
internal import CapsuleTrust
internal import Documents

/// The body of `POST /v1/statements`.
struct StatementRequestBody: Sendable {
    /// The release.
    let freight: Freight
    let stage: String
    /// The remote, in the same form as in `--allow-remote`.
    let gitops: String
    /// The policy commit with which the stage was rendered.
    let commit: CommitID

    /// Parses a body.
    init(_ body: [UInt8]) throws(DocumentError) {
        let top = try StrictObject(body: body, keys: ["freight", "stage", "gitops"])
        freight = try Freight(top)
        stage = try top.requiredParsed("stage", StageName.parse)
        (gitops, commit) = try top.gitops()
    }
}
