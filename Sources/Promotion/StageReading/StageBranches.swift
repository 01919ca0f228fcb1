package import CapsuleCore
package import DeliveryConfiguration
package import GitOps

/// Reads the current and the earlier releases of the stages of a ladder from their branches in the GitOps repository.
package struct StageBranches: Sendable {
    package let snapshot: GitOpsSnapshot
    package let configuration: CapsuleConfiguration
    private let histories: StageHistories

    /// - Parameter snapshot: the GitOps repository at the commit of `configuration`.
    package init(_ snapshot: GitOpsSnapshot, _ configuration: CapsuleConfiguration) {
        self.snapshot = snapshot
        self.configuration = configuration
        histories = StageHistories(repository: snapshot.repository)
    }

    /// Creates a reader for the branches of a workspace.
    package init(_ workspace: GitOpsWorkspace) { self.init(workspace.snapshot, workspace.configuration) }

    var repository: GitOpsRepository { snapshot.repository }
    var root: RelativePath? { configuration.gitops.root }

    /// The states of stages, without `since`.
    ///
    /// - Parameters:
    ///   - stages: the names of the stages; nil for all stages of the ladder, in its order.
    ///   - heads: the branches at another time; nil for those at the time when the repository was opened.
    /// - Throws: `GitError`, `CapsuleError`
    package func states(of stages: [String]? = nil, at heads: GitOpsHeads? = nil) async throws -> [StageState] {
        try await states(stageHeads(stages ?? configuration.stages.map(\.name), heads ?? repository.heads))
    }

    /// The state of a stage at a commit of its branch.
    ///
    /// - Throws: `CapsuleError.Code.notFound` for a commit that the branch never held; `GitError`
    package func state(of stage: String, at commit: CommitID) async throws -> StageState {
        let branch = try configuration.stageBranch(stage)
        guard let head = repository.heads[branch], try await repository.hasHeld(commit, branchAt: head) else {
            throw CapsuleError(.notFound, "\(branch) never held commit \(commit)")
        }
        return try await states([StageHead(stage: stage, branch: branch, head: commit)])[0]
    }

    /// The states of all stages with `since`, in the order of the ladder, and the state of the newest open review
    /// branch of each stage that has one, in the order of the names. A review is open while its commit follows the head
    /// of the stage branch, changes nothing else than the stage, has the files that its record names, and the stage does
    /// not hold its release.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package func stagesAndReviews() async throws -> (stages: [StageState], reviews: [StageState]) {
        let names = configuration.stages.map(\.name)
        let states = try await states(
            stageHeads(names, repository.heads)
                + reviewHeads(configuration.stages.filter { $0.review != .none }.map(\.name)))
        let (stages, reviews) = (Array(states.prefix(names.count)), states.dropFirst(names.count))
        let stateOf = Dictionary(stages.map { ($0.stage, $0) }) { first, _ in first }
        var open: [StageState] = []
        for review in reviews {
            // The release of a merged review is in the stage's history, or is the one that the stage holds.
            guard let stage = stateOf[review.stage], let record = review.record,
                stage.record != record, let head = stage.head, review.commit?.parents.first == head,
                try await isProposal(review, record, on: head)
            else { continue }
            open.append(review)
        }
        let newest = Dictionary(grouping: open, by: \.stage).values
            .compactMap { $0.max { ($0.committed ?? "") < ($1.committed ?? "") } }
            .sorted { $0.stage < $1.stage }
        return (try await addingSince(stages), newest)
    }

    /// The releases that a stage has held, newest first. The history is read in steps during the iteration, and once
    /// for all copies of this value.
    package func holds(of state: StageState) throws -> StageHolds {
        StageHolds(
            stage: state.stage, head: state.head, layout: try StageLayout(root: root, deployment: state.stage),
            histories: histories)
    }

    private func addingSince(_ states: [StageState]) async throws -> [StageState] {
        try await histories.load(try states.filter { $0.record != nil }.map { try holds(of: $0) })
        var states = states
        for index in states.indices {
            guard let release = states[index].record?.release else { continue }
            states[index].since = try await holds(of: states[index]).start(of: release)
                .map { CapsuleFormat.timestamp($0) }
        }
        return states
    }

    private func stageHeads(_ stages: [String], _ heads: GitOpsHeads) throws -> [StageHead] {
        try stages.map { stage in
            let branch = try configuration.stageBranch(stage)
            return StageHead(stage: stage, branch: branch, head: heads[branch])
        }
    }
}
