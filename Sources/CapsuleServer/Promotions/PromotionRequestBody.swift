internal import CapsuleCore
internal import CapsuleTrust
internal import Documents
internal import GitOps
internal import OCI
internal import Promotion
internal import Signing

/// The body of `POST /v1/promotions`. It is part of the file that a promotion is stored in.
struct PromotionRequestBody: Codable, Hashable, Sendable {
    struct GitOps: Codable, Hashable, Sendable {
        /// The remote, in the same form as in `--allow-remote`.
        var repository: String
        /// The policy commit; nil for the head of the policy branch.
        var commit: CommitID?
    }

    /// The release. The store of the capsule must be a registry: `repository`.
    var freight: Freight
    var stage: String
    var gitops: GitOps
    var rollback: Rollback
    /// The caller's name for this attempt (an idempotency key): a repeated request with the same key returns the same
    /// result.
    var key: String?

    /// The maximum length of a key: a Kubernetes name has at most 253 bytes.
    static let maximumKey = 253

    /// Parses a body.
    init(_ body: [UInt8]) throws(DocumentError) {
        let top = try StrictObject(body: body, keys: ["freight", "stage", "gitops", "rollback", "key"])
        freight = try Freight(top)
        stage = try top.requiredParsed("stage", StageName.parse)
        let gitops = try top.requiredObject("gitops", keys: ["repository", "commit"])
        self.gitops = GitOps(
            repository: try gitops.requiredText("repository"),
            commit: try gitops.parsed("commit") { try CommitID($0) })
        rollback = try top.rollback()
        key = try top.parsed("key") { text in
            guard (1...Self.maximumKey).contains(text.utf8.count) else {
                throw CapsuleError(.invalidName, "a key has 1 to \(Self.maximumKey) bytes")
            }
            return text
        }
    }

    /// The id of the promotion, a digest over the release, the stage and the policy; nil before the policy commit is
    /// known.
    var id: String? {
        gitops.commit.map { commit in
            let lines = [
                "release-capsule promotion 1",
                "image \(freight.image.repoURL):\(freight.image.tag)@\(freight.image.digest)",
                "capsule \(freight.capsule.repoURL):\(freight.capsule.tag)@\(freight.capsule.digest)", "stage \(stage)",
                "policy \(gitops.repository) \(commit)", "rollback \(rollback.rawValue)",
            ]
            return Digest.sha256(of: (lines.joined(separator: "\n") + "\n").utf8).hex
        }
    }
}
