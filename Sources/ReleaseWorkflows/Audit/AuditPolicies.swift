internal import CapsuleCore
internal import CapsuleTrust
internal import DeliveryConfiguration
internal import EvidencePolicies
internal import GitOps
internal import Promotion

/// The policies that an audit goes by: each commit's is read once, however many releases were rendered with it.
struct AuditPolicies: Sendable {
    /// The GitOps repository at a commit that stages were rendered with, and the policy for evidence that it held.
    struct Policy: Sendable {
        let workspace: GitOpsWorkspace
        let environment: EnvironmentPolicy
        let evidence: EvidencePolicy?
    }

    /// What is taken back today.
    let today: EvidencePolicy?
    private let then: [CommitID: StageExamination.Answer<Policy>]

    /// Reads the policies that stages were rendered with.
    ///
    /// - Parameter pinned: the policy for evidence; nil for the one that each commit names.
    init(
        of renders: [ReleaseRecord.Render], in workspace: GitOpsWorkspace, pinned: EvidencePolicy?
    ) async throws {
        today = try await Self.evidence(workspace, pinned)
        var then: [CommitID: StageExamination.Answer<Policy>] = [:]
        for (commit, renders) in Dictionary(grouping: renders, by: \.gitops.commit) {
            then[commit] = try await StageExamination.answer {
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
    subscript(commit: CommitID) -> StageExamination.Answer<Policy>? { then[commit] }

    /// Whether any of them asks for evidence, or takes some back.
    var askForEvidence: Bool {
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

    /// The repository as it was when a stage was rendered.
    private static func workspace(_ now: GitOpsWorkspace, at commit: CommitID) async throws -> GitOpsWorkspace {
        guard commit != now.snapshot.commit.id else { return now }
        let snapshot = try await now.snapshot.repository.snapshot(at: commit.description)
        // A record names any commit that it likes, and so could one of a branch that anybody may push.
        guard try await now.snapshot.repository.reaches(commit, from: now.snapshot.commit.id) else {
            throw StageExamination.OtherPolicy(
                reason: "the policy commit \(commit) in the record is not on the branch that policy is on, as far as "
                    + "\(now.snapshot.commit.id.short) says, so what it asks for never held")
        }
        // A configuration that was given goes on to hold; one that lives in the repository is that commit's own.
        let configuration = now.configurationIsRecorded ? try await snapshot.configuration() : now.configuration
        return GitOpsWorkspace(
            snapshot: snapshot, configuration: configuration, configurationIsRecorded: now.configurationIsRecorded)
    }
}
