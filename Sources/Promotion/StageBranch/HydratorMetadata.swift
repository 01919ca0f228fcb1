internal import CapsuleCore
package import DeliveryConfiguration
internal import FoundationEssentials
package import GitOps
internal import Support

/// `hydrator.metadata` at the top of a stage branch: what Argo CD's hydrator and GitOps Promoter read to say which commit
/// the rendered output was made from.
///
/// Every value comes from the policy commit and the release, none from the moment of the promotion.
package struct HydratorMetadata: Codable, Hashable {
    package static let fileName = "hydrator.metadata"
    /// The most characters of a policy commit's message that are kept: dashboards show it, nothing depends on it.
    static let maximumBody = 4096

    struct Reference: Codable, Hashable {
        struct Commit: Codable, Hashable {
            var date: String?
            var repoURL: String?
            var sha: String
            var subject: String?
        }
        var commit: Commit
    }

    var repoURL: String
    var drySha: String
    var author: String
    var date: String
    var subject: String
    var body: String?
    var references: [Reference]

    /// Describes a render of `content` with the policy of `policy`.
    package init(content: StageContent, policy: GitCommitObject) {
        repoURL = content.render.gitops.repository
        drySha = policy.id.description
        author = policy.author
        date = CapsuleFormat.timestamp(policy.authored)
        subject = policy.subject
        let rest = policy.message.dropFirst(policy.subject.count).drop { $0 == "\n" }
        body = rest.isEmpty ? nil : String(rest.prefix(Self.maximumBody))
        references = [
            Reference(
                commit: Reference.Commit(
                    date: content.committed.map { CapsuleFormat.timestamp($0) }, repoURL: content.source,
                    sha: content.release.gitCommit.description, subject: content.release.identity.description))
        ]
    }

    /// The file: sorted keys, a line end at its end.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(self)) + [0x0A]
    }

    /// Reads what an earlier promotion wrote; nil for anything else.
    init?(json: some Sequence<UInt8>) {
        guard let metadata = try? JSONDecoder().decode(HydratorMetadata.self, from: Data(json)) else { return nil }
        self = metadata
    }

    /// True when this is about a release of a commit.
    func names(_ commit: CommitID) -> Bool { references.contains { $0.commit.sha == commit.description } }

    /// True when this is what a promotion writes. Branches that do not name the application can be shared, and the file is then
    /// about the last promotion.
    package func fits(_ content: StageContent, policy: GitCommitObject, configuration: CapsuleConfiguration) -> Bool {
        guard names(content.release.gitCommit) || configuration.gitops.stageBranch.namesApplication else { return true }
        return self == HydratorMetadata(content: content, policy: policy)
    }

    /// When the release's commit was made; nil when this file does not say.
    func committed(_ commit: CommitID) -> Int64? {
        references.first { $0.commit.sha == commit.description }?.commit.date.flatMap { CapsuleFormat.seconds($0) }
    }
}
