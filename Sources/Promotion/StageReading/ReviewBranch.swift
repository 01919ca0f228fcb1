public import CapsuleCore
internal import DeliveryConfiguration
internal import GitOps

/// A branch whose name is that of a review branch, and what Git alone proves about it. A Git host knows whether a pull
/// request is open; Git does not.
public struct ReviewBranch: Hashable, Sendable, Codable {
    /// What is proven.
    public enum Standing: String, Hashable, Sendable, Codable {
        /// It follows the head of the branch that it is for, so that it can be merged as it is.
        case open
        /// That branch contains its commit, or has received the same files after it: a merge, a squash or a rebase.
        case merged
        /// A newer review of the same stage exists, and the stage branch has moved on.
        case replaced
        /// The branch that it is for has moved on, and has not received it.
        case outdated
        /// It is not a promotion's or a publication's, or has changes that none of these made.
        case foreign
        /// Nothing is proven.
        case unknown
    }

    /// The stage; nil for the review of a witness, which is for the policy branch.
    public let stage: String?
    /// The branch.
    public let branch: String
    /// The commit of the branch.
    public let commit: CommitID?
    /// The time of that commit, RFC 3339.
    public let committed: String?
    /// The release that its record or its witness names; nil when it has none.
    public let release: ReleaseIdentity?
    /// What is proven.
    public internal(set) var standing: Standing
    /// The reason, in words.
    public internal(set) var reason: String
    /// The time of the commit, in seconds since 1970.
    package private(set) var time: Int64 = 0

    private enum CodingKeys: String, CodingKey { case stage, branch, commit, committed, release, standing, reason }

    init(_ state: StageState, _ standing: Standing, _ reason: String) {
        stage = state.stage
        branch = state.branch
        commit = state.head
        committed = state.committed
        release = state.record?.release.identity
        self.standing = standing
        self.reason = reason
        time = state.commit?.committed ?? 0
    }

    /// A review of a witness.
    init(
        _ branch: BranchName, _ commit: GitCommitObject, _ release: ReleaseIdentity?, _ standing: Standing,
        _ reason: String
    ) {
        stage = nil
        self.branch = branch.description
        self.commit = commit.id
        committed = CapsuleFormat.timestamp(commit.committed)
        self.release = release
        self.standing = standing
        self.reason = reason
        time = commit.committed
    }
}

extension StageBranches {
    /// The number of review branches that are read together.
    private static let branchesAtOnce = 100
    /// The number of releases of a stage branch that are compared with a review.
    private static let comparedHolds = 50

    /// The review branches of stages, with what Git proves about each. What is uncertain counts as open, foreign or unknown.
    ///
    /// - Parameter now: the time in seconds since 1970. A commit that is dated later replaces nothing.
    /// - Throws: `GitError`, `CapsuleError`
    package func reviews(of stages: [String], now: Int64) async throws -> [ReviewBranch] {
        let headsOf = Dictionary(grouping: reviewHeads(stages), by: \.stage)
        var found: [ReviewBranch] = []
        for stage in try await states(of: stages) {
            var reviews: [ReviewBranch] = []
            let heads = headsOf[stage.stage] ?? []
            for start in stride(from: 0, to: heads.count, by: Self.branchesAtOnce) {
                let part = heads[start..<min(start + Self.branchesAtOnce, heads.count)]
                for review in try await states(Array(part)) { reviews.append(try await examine(review, on: stage)) }
            }
            found += Self.replacing(reviews, now: now)
        }
        return found
    }

    private func examine(_ review: StageState, on stage: StageState) async throws -> ReviewBranch {
        guard let commit = review.commit, let record = review.record, isNamed(review, for: record),
            record.render?.deployment == review.stage
        else {
            return ReviewBranch(review, .foreign, "it has no record of a release for its stage and name")
        }
        guard let head = stage.head else { return ReviewBranch(review, .unknown, "\(stage.branch) does not exist") }
        if try await repository.reaches(commit.id, from: head) {
            return ReviewBranch(review, .merged, "\(stage.branch) contains its commit")
        }
        guard let base = commit.parents.first else {
            return ReviewBranch(review, .unknown, "it follows no commit of \(stage.branch)")
        }
        guard base != head else { return ReviewBranch(review, .open, "it follows the head of \(stage.branch)") }
        guard try await repository.reaches(base, from: head) else {
            return ReviewBranch(review, .unknown, "it follows commit \(base.short), which is not on \(stage.branch)")
        }
        guard try await changesOnlyStage(review, since: base) else {
            return ReviewBranch(review, .foreign, "it changes files that no promotion writes")
        }
        if let merge = try await merge(of: review, record, since: base, on: stage) {
            return ReviewBranch(review, .merged, "commit \(merge.short) of \(stage.branch) has the same files")
        }
        guard try await isProposal(review, record, on: base) else {
            return ReviewBranch(review, .foreign, "its files are not those that its record names")
        }
        guard stage.record?.release.isSame(as: record.release) != true else {
            return ReviewBranch(review, .merged, "\(stage.branch) holds its release")
        }
        return ReviewBranch(review, .outdated, "\(stage.branch) has moved on without it")
    }

    /// The commit with which the stage branch received exactly the files of a review after the commit that the review
    /// follows; nil when there is none.
    private func merge(
        of review: StageState, _ record: ReleaseRecord, since base: CommitID, on stage: StageState
    ) async throws -> CommitID? {
        let layout = try StageLayout(root: root, deployment: review.stage)
        func files(_ state: StageState) -> [GitTreeEntry] {
            state.entries.filter { $0.path != layout.hydrator.description }
        }
        var left = Self.comparedHolds
        for try await hold in try holds(of: stage) {
            guard left > 0, try await !repository.reaches(hold.commit, from: base) else { return nil }
            left -= 1
            guard hold.record == record else { continue }
            let branch = try configuration.stageBranch(stage.stage)
            let state = try await states([StageHead(stage: stage.stage, branch: branch, head: hold.commit)])[0]
            if files(state) == files(review) { return hold.commit }
        }
        return nil
    }

    /// Marks reviews that have moved behind their stage branch and that a newer review of the stage replaces.
    private static func replacing(_ reviews: [ReviewBranch], now: Int64) -> [ReviewBranch] {
        let candidates = reviews.filter { [.open, .outdated, .merged].contains($0.standing) && $0.time <= now }
        let newest = candidates.max { ($0.time, $0.branch) < ($1.time, $1.branch) }
        return reviews.map { review in
            guard let newest, review.standing == .outdated, review.time < newest.time else { return review }
            var review = review
            review.standing = .replaced
            review.reason += ", and \(newest.branch) is newer"
            return review
        }
    }
}
