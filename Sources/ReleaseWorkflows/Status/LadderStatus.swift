public import CapsuleCore
public import DeliveryConfiguration
public import EvidencePolicies
public import GitOps
public import OCI
public import Promotion

/// The status of the ladder: the release that each stage holds and since when, and the next release that it can take.
public struct LadderStatus: Sendable, Codable {
    /// A release that a stage could take from the stage before it.
    public struct Next: Sendable, Codable {
        /// The release.
        public var release: ReleaseIdentity
        /// True when every gate is open.
        public var ok: Bool
        /// The results of all gates.
        public var gates: [GateResult]
    }

    /// A release on a review branch that people have not merged yet.
    public struct Review: Sendable, Codable {
        /// The release.
        public var release: ReleaseIdentity
        /// The review branch.
        public var branch: String
        /// The time of its commit, RFC 3339.
        public var since: String?
    }

    /// A stage.
    public struct StageStatus: Sendable, Codable {
        /// The release that it holds.
        public var state: StageState
        /// The open review; nil when there is none.
        public var review: Review?
        /// The next release that it can take; nil when the stage before it holds no other.
        public var next: Next?
    }

    /// The version of this document.
    public var schemaVersion = CapsuleFormat.documentSchema
    /// The policy whose gates were evaluated.
    public var gitops: ReleaseRecord.GitOps
    /// The stages, in the order of the ladder.
    public var stages: [StageStatus]

    /// Reads the stage branches and evaluates the gates, with those of the evidence policy. Records are not compared with
    /// the files next to them, which a promotion and an audit do.
    ///
    /// - Parameters:
    ///   - opener: opens the stores of capsules; nil leaves the evidence gates out.
    ///   - pinned: the policy; nil for the one that the repository names.
    ///   - ancestry: the application repository, if available, which determines which of two releases is older.
    ///   - now: the time in seconds since 1970, for soak times.
    /// - Throws: `GitError`, `CapsuleError`
    public static func read(
        _ workspace: GitOpsWorkspace, opener: (any ContentOpener)? = nil, policy pinned: EvidencePolicy? = nil,
        ancestry: CommitAncestry? = nil, now: @escaping @Sendable () -> Int64
    ) async throws -> LadderStatus {
        let policy =
            if let pinned { Optional(pinned) } else { try await workspace.evidencePolicy() }
        var evidenceGates = policy.flatMap { policy in
            opener.map { UpstreamEvidenceGates(policy, workspace, opener: $0, now: now()) }
        }
        let branches = StageBranches(workspace)
        let gates = PromotionGates(
            branches: branches, ancestry: ancestry, comparesFiles: false, now: now())
        let (states, reviews) = try await branches.stagesAndReviews()
        let stateOf = Dictionary(states.map { ($0.stage, $0) }) { first, _ in first }
        let reviewOf = Dictionary(reviews.map { ($0.stage, $0) }) { first, _ in first }
        var stages: [StageStatus] = []
        for (stage, state) in zip(workspace.configuration.stages, states) {
            let review = reviewOf[stage.name].flatMap { open in
                open.record.map {
                    Review(release: $0.release.identity, branch: open.branch, since: open.committed)
                }
            }
            let upstream = stage.after.first.flatMap { stateOf[$0] }
            guard let upstream, let release = upstream.record?.release,
                state.record?.release.isSame(as: release) != true, review?.release != release.identity
            else {
                stages.append(StageStatus(state: state, review: review))
                continue
            }
            let evidence = try await evidenceGates?.evidence(of: stage.name, for: release)
            let results = try await gates.results(
                for: release, to: stage, committed: upstream.releaseCommitted, attested: evidence?.attested ?? [:],
                states: [state] + stage.after.compactMap { stateOf[$0] })
            stages.append(
                StageStatus(
                    state: state, review: review,
                    next: Next(
                        release: release.identity, ok: (results + (evidence?.gates ?? [])).allSatisfy(\.ok),
                        gates: results + (evidence?.gates ?? []))))
        }
        return LadderStatus(
            gitops: .init(
                repository: workspace.snapshot.repository.remote.description, commit: workspace.snapshot.commit.id),
            stages: stages)
    }
}
