public import CapsuleCore
public import DeliveryConfiguration
public import EvidencePolicies
public import GitOps
public import OCI
public import Promotion

/// The ladder as it stands: which release each stage holds, since when, and what may move next and why not.
public struct LadderStatus: Sendable, Codable {
    /// A release that a stage could take from the stage before it.
    public struct Next: Sendable, Codable {
        /// The release.
        public var release: ReleaseIdentity
        /// Whether every gate is open.
        public var ok: Bool
        /// What every gate says.
        public var gates: [GateResult]
    }

    /// A release that waits on a review branch for people to merge it.
    public struct Review: Sendable, Codable {
        /// The release.
        public var release: ReleaseIdentity
        /// The review branch.
        public var branch: String
        /// When its commit was made, RFC 3339.
        public var since: String?
    }

    /// A stage.
    public struct Rung: Sendable, Codable {
        /// What it holds.
        public var state: StageState
        /// What waits for review; nil when nothing does.
        public var review: Review?
        /// What it could take; nil when the stages before it hold nothing else.
        public var next: Next?
    }

    /// The version of this document.
    public var schemaVersion = ReleaseManifest.currentSchema
    /// The policy whose gates were asked.
    public var gitops: ReleaseRecord.GitOps
    /// The stages, in the order of the ladder.
    public var stages: [Rung]

    /// Reads the stage branches and asks the gates, with those that the policy asks for evidence by.
    ///
    /// - Parameters:
    ///   - opener: opens the places of capsules; nil asks for no evidence.
    ///   - pinned: the policy; nil for the one that the repository names.
    ///   - ancestry: the application repository, when it is at hand, to tell older releases from newer ones.
    ///   - now: the time in seconds since 1970, for soak times.
    /// - Throws: `GitError`, `CapsuleError`
    public static func read(
        _ workspace: GitOpsWorkspace, opener: (any ContentOpener)? = nil, policy pinned: EvidencePolicy? = nil,
        ancestry: CommitAncestry? = nil, now: @escaping @Sendable () -> Int64
    ) async throws -> LadderStatus {
        let policy =
            if let pinned { Optional(pinned) } else { try await workspace.evidencePolicy() }
        var admission = policy.flatMap { policy in
            opener.map { StageAdmission(policy, workspace.configuration, opener: $0, now: now()) }
        }
        let branches = StageBranches(workspace)
        let gates = PromotionGates(branches: branches, ancestry: ancestry, now: now())
        let (states, reviews) = try await branches.stagesAndReviews()
        var rungs: [Rung] = []
        for (stage, state) in zip(workspace.configuration.stages, states) {
            let review = reviews.first { $0.stage == stage.name }.flatMap { open in
                open.record.map {
                    Review(release: $0.release.identity, branch: open.branch, since: open.committed)
                }
            }
            let upstream = states.first { $0.stage == stage.after.first }
            guard let upstream, let release = upstream.record?.release,
                state.record?.release.isSame(as: release) != true, review?.release != release.identity
            else {
                rungs.append(Rung(state: state, review: review))
                continue
            }
            var results = try await gates.results(
                for: release, to: stage, committed: upstream.releaseCommitted, states: states)
            results += try await admission?.gates(of: stage.name, for: release) ?? []
            rungs.append(
                Rung(
                    state: state, review: review,
                    next: Next(release: release.identity, ok: results.allSatisfy(\.ok), gates: results)))
        }
        return LadderStatus(
            gitops: .init(
                repository: workspace.snapshot.repository.remote.description, commit: workspace.snapshot.commit.id),
            stages: rungs)
    }
}
