public import CapsuleCore
package import GitOps
internal import Support

/// The state of a stage: the release that its branch holds.
public struct StageState: Sendable, Codable {
    /// The stage.
    public let stage: String
    /// The stage branch.
    public let branch: String
    /// The commit of the branch; nil when the branch does not exist yet.
    public let head: CommitID?
    /// The time of that commit, RFC 3339.
    public let committed: String?
    /// The time at which the stage branch received its current release, RFC 3339; nil when it was not read or is
    /// unknown.
    public internal(set) var since: String?
    /// The record; nil when the branch has none or it cannot be read.
    public let record: ReleaseRecord?
    /// The reason why the record cannot be read.
    public let problem: String?
    /// The time of the release's commit, in seconds since 1970, from `hydrator.metadata`.
    public let releaseCommitted: Int64?

    /// The files below `deploy/`, the record and `hydrator.metadata`.
    package let entries: [GitTreeEntry]
    package let commit: GitCommitObject?
    /// The content of `hydrator.metadata`; nil when the branch has none or it cannot be read.
    package let hydrator: HydratorMetadata?

    private enum CodingKeys: String, CodingKey {
        case stage, branch, head, committed, since, record, problem, releaseCommitted
    }

    init(
        stage: String, branch: BranchName, commit: GitCommitObject?, entries: [GitTreeEntry], record: [UInt8]?,
        hydrator: [UInt8]?
    ) {
        self.stage = stage
        self.branch = branch.description
        self.head = commit?.id
        self.commit = commit
        self.committed = commit.map { CapsuleFormat.timestamp($0.committed) }
        self.entries = entries
        var read: ReleaseRecord?
        var problem: String?
        if let record {
            do { read = try ReleaseRecord(yaml: record) } catch { problem = error.message }
        }
        self.record = read
        self.problem = problem
        let metadata = hydrator.flatMap { HydratorMetadata(json: $0) }
        self.hydrator = metadata
        self.releaseCommitted = read.flatMap { metadata?.committed($0.release.gitCommit) }
    }

    /// True when the release of the stage is known to be older than one that was committed at a time.
    func holdsOlder(than committed: Int64?) -> Bool {
        guard let committed, let releaseCommitted else { return false }
        return releaseCommitted < committed
    }

    /// Decodes the public properties.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        stage = try container.decode(String.self, forKey: .stage)
        branch = try container.decode(String.self, forKey: .branch)
        head = try container.decodeIfPresent(CommitID.self, forKey: .head)
        committed = try container.decodeIfPresent(String.self, forKey: .committed)
        since = try container.decodeIfPresent(String.self, forKey: .since)
        record = try container.decodeIfPresent(ReleaseRecord.self, forKey: .record)
        problem = try container.decodeIfPresent(String.self, forKey: .problem)
        releaseCommitted = try container.decodeIfPresent(Int64.self, forKey: .releaseCommitted)
        entries = []
        commit = nil
        hydrator = nil
    }
}
