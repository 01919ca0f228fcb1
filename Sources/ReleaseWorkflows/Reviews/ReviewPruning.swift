internal import CapsuleCore
public import DeliveryConfiguration
internal import GitOps
public import Promotion

/// Removes review branches of which Git proves that nobody needs them any more. When in doubt, a branch is kept.
public struct ReviewPruning: Sendable {
    /// Which branches are removed.
    public struct Request: Sendable {
        /// The stages; empty for all, and for the witnesses of pairs.
        public var stages: [String]
        /// The age in seconds from which a review is removed that its branch has left behind; nil for none.
        public var olderThan: Int64?
        /// True to remove nothing.
        public var dryRun: Bool

        /// Creates a request.
        public init(stages: [String] = [], olderThan: Int64? = nil, dryRun: Bool = false) {
            self.stages = stages
            self.olderThan = olderThan
            self.dryRun = dryRun
        }
    }

    /// What was done with a branch.
    public enum Outcome: String, Sendable, Codable {
        /// It stays.
        case kept
        /// It was removed.
        case removed
        /// It would be removed.
        case finished
        /// It was moved or removed by somebody else meanwhile, and stays as it is.
        case moved
        /// The remote refused to remove it.
        case rejected
    }

    /// A branch.
    public struct Branch: Sendable, Codable {
        /// The branch, and what is proven about it.
        public var review: ReviewBranch
        /// What was done.
        public var outcome: Outcome
        /// Why it is kept or removed.
        public var reason: String
    }

    /// The result.
    public struct Report: Sendable, Codable {
        /// The version of this document.
        public var schemaVersion = CapsuleFormat.documentSchema
        /// False when the remote refused to remove a branch.
        public var ok: Bool
        /// True when nothing was removed on purpose.
        public var dryRun: Bool
        /// The branches, ordered by stage and name; those of witnesses come last.
        public var branches: [Branch]
        /// The number of finished branches that the next run removes.
        public var left: Int
    }

    /// The maximum number of branches that a run removes, with one push.
    public static let most = 100

    private let now: @Sendable () -> Int64

    /// - Parameter now: the time in seconds since 1970.
    public init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// Examines the review branches, and removes those that are finished.
    ///
    /// - Throws: `CapsuleError.Code.notFound` for a stage that does not exist; `GitError`
    public func run(_ request: Request, in workspace: GitOpsWorkspace) async throws -> Report {
        let configuration = workspace.configuration
        let stages = try request.stages.map { (name) throws(CapsuleError) in try configuration.stage(name).name }
        let time = now()
        let reader = StageBranches(workspace)
        var reviews = try await reader.reviews(
            of: stages.isEmpty ? configuration.stages.map(\.name) : stages, now: time)
        if stages.isEmpty { reviews += try await reader.witnessReviews() }
        var branches = reviews.map { judge($0, request, at: time) }
        let finished = branches.indices.filter { branches[$0].outcome == .finished }
            .sorted { (branches[$0].review.time, $0) < (branches[$1].review.time, $1) }
        if !request.dryRun {
            try await remove(Array(finished.prefix(Self.most)), of: &branches, in: workspace.snapshot.repository)
        }
        return Report(
            ok: !branches.contains { $0.outcome == .rejected }, dryRun: request.dryRun, branches: branches,
            left: max(0, finished.count - Self.most))
    }

    private func judge(_ review: ReviewBranch, _ request: Request, at time: Int64) -> Branch {
        switch review.standing {
        case .merged, .replaced: return Branch(review: review, outcome: .finished, reason: review.reason)
        case .open, .foreign, .unknown: return Branch(review: review, outcome: .kept, reason: review.reason)
        case .outdated:
            guard let age = request.olderThan, review.time > 0, time - review.time >= age else {
                return Branch(
                    review: review, outcome: .kept,
                    reason: review.reason + "; it may still be open on the Git host: --older-than removes old ones")
            }
            return Branch(
                review: review, outcome: .finished, reason: review.reason + ", and it is older than --older-than")
        }
    }

    private func remove(_ finished: [Int], of branches: inout [Branch], in repository: GitOpsRepository) async throws {
        let removals = try finished.compactMap { index in
            try branches[index].review.commit.map {
                (index, GitPush(commit: $0, branch: try BranchName(branches[index].review.branch)))
            }
        }
        guard !removals.isEmpty else { return }
        let outcomes = try await repository.remove(removals.map(\.1))
        var heads: GitOpsHeads?
        for ((index, removal), outcome) in zip(removals, outcomes) {
            switch outcome {
            case .landed: branches[index].outcome = .removed
            case .lostRace:
                branches[index].outcome = .moved
                branches[index].reason = "somebody else moved or removed it at the same time"
            case .rejected(let reason):
                branches[index].outcome = .rejected
                branches[index].reason = "the remote refused to remove it: \(reason)"
            case .unknown(let error):
                // The connection ended before the remote responded.
                let current = if let heads { heads } else { try await repository.currentHeads() }
                heads = current
                guard current[removal.branch] == nil else { throw error }
                branches[index].outcome = .removed
            }
        }
    }
}
