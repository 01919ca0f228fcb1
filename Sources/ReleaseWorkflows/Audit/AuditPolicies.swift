internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import GitOps
internal import Promotion

/// The policies of an audit. The policy of each commit is read once, for any number of releases that were rendered
/// with it.
struct AuditPolicies: Sendable {
    /// The GitOps repository at a commit that stages were rendered with, and the evidence policy of that commit.
    struct Policy: Sendable {
        let workspace: GitOpsWorkspace
        let environment: EnvironmentPolicy
        let evidence: EvidencePolicy?
    }

    /// The current policy, for its revocations.
    let today: EvidencePolicy?
    private let then: [CommitID: StageExamination.Examined<Policy>]

    /// Reads the policies that stages were rendered with.
    ///
    /// - Parameter pinned: the evidence policy; nil for the one that each commit names.
    init(
        of renders: [ReleaseRecord.Render], in workspace: GitOpsWorkspace, pinned: EvidencePolicy?
    ) async throws {
        // A caller that names an earlier revision must not avoid the revocations since then.
        today = try await Self.evidence(workspace.later() ?? workspace, pinned)
        var then: [CommitID: StageExamination.Examined<Policy>] = [:]
        for (commit, renders) in Dictionary(grouping: renders, by: \.gitops.commit) {
            then[commit] = try await StageExamination.examined {
                let workspace = try await Self.workspace(workspace, at: commit)
                return Policy(
                    workspace: workspace,
                    environment: try await workspace.snapshot.environmentPolicy(
                        root: workspace.configuration.gitops.root, deployments: renders.map(\.deployment)),
                    evidence: try await Self.evidence(workspace, pinned))
            }
        }
        self.then = then
    }

    /// The policy of a commit.
    subscript(commit: CommitID) -> StageExamination.Examined<Policy>? { then[commit] }

    /// True when any of the policies requires or revokes evidence.
    var requireEvidence: Bool {
        today != nil
            || then.values.contains {
                if case .value(let policy) = $0 { policy.evidence != nil } else { false }
            }
    }

    private static func evidence(
        _ workspace: GitOpsWorkspace, _ pinned: EvidencePolicy?
    ) async throws -> EvidencePolicy? {
        if let pinned { return pinned }
        return try await workspace.evidencePolicy()
    }

    /// The repository at the commit with which a stage was rendered.
    private static func workspace(_ now: GitOpsWorkspace, at commit: CommitID) async throws -> GitOpsWorkspace {
        guard commit != now.snapshot.commit.id else { return now }
        let snapshot = try await now.snapshot.repository.snapshot(at: commit)
        // A record can name any commit, including one of a branch to which more people can push.
        guard try await now.snapshot.repository.reaches(commit, from: now.snapshot.commit.id) else {
            throw StageExamination.OtherPolicy(
                reason: "the recorded policy commit \(commit) is not in the history of the policy branch "
                    + "(\(now.snapshot.commit.id.short)), so it was never in force")
        }
        // A configuration that was given applies to all commits; one in the repository is read at that commit.
        let configuration = now.configurationIsRecorded ? try await snapshot.configuration() : now.configuration
        return GitOpsWorkspace(
            snapshot: snapshot, configuration: configuration, configurationIsRecorded: now.configurationIsRecorded)
    }
}
