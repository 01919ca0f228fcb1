internal import CapsuleCore
package import DeliveryConfiguration
internal import FoundationEssentials
package import GitOps
internal import Support

/// `hydrator.metadata` in the root of a stage branch: the file from which Argo CD's hydrator and GitOps Promoter read
/// the commit of the rendered output.
///
/// All values come from the policy commit and the release, none from the time of the promotion. Control characters of
/// the commit's message are escaped, because other tools display it.
package struct HydratorMetadata: Codable, Hashable {
    package static let fileName = "hydrator.metadata"
    /// The maximum number of characters that are kept of a policy commit's message, which is only displayed.
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

    /// Creates the file for the render of `content` with the policy of the commit `policy`.
    package init(content: StageContent, policy: GitCommitObject) {
        repoURL = content.render.gitops.repository
        drySha = policy.id.description
        author = policy.author.escapedForDisplay()
        date = CapsuleFormat.timestamp(policy.authored)
        subject = policy.subject.escapedForDisplay()
        let rest = policy.message.dropFirst(policy.subject.count).drop { $0.isNewline }
        body =
            rest.isEmpty
            ? nil
            : rest.prefix(Self.maximumBody).replacing("\r\n", with: "\n").escapedForDisplay(keepingLines: true)
        references = [
            Reference(
                commit: Reference.Commit(
                    date: content.committed.map { CapsuleFormat.timestamp($0) }, repoURL: content.source,
                    sha: content.release.gitCommit.description, subject: content.release.identity.description))
        ]
    }

    /// The bytes of the file, with sorted keys and a trailing newline.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(self)) + [0x0A]
    }

    /// Reads a file that an earlier promotion wrote; nil for any other content.
    init?(json: some Sequence<UInt8>) {
        guard let metadata = try? JSONDecoder().decode(HydratorMetadata.self, from: Data(json)) else { return nil }
        self = metadata
    }

    /// True when the file names a commit as that of a release.
    func names(_ commit: CommitID) -> Bool { references.contains { $0.commit.sha == commit.description } }

    /// True when the file equals the one that a promotion writes, or describes another release on a branch that
    /// applications can share because its name does not contain the application: then the file is that of the last
    /// promotion.
    package func fits(_ content: StageContent, policy: GitCommitObject, configuration: CapsuleConfiguration) -> Bool {
        guard names(content.release.gitCommit) || configuration.gitops.stageBranch.namesApplication else { return true }
        return self == HydratorMetadata(content: content, policy: policy)
    }

    /// The time of the release's commit; nil when the file does not contain it.
    func committed(_ commit: CommitID) -> Int64? {
        references.first { $0.commit.sha == commit.description }?.commit.date.flatMap { CapsuleFormat.seconds($0) }
    }
}
