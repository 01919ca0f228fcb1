public import GitOps
package import Rendering
internal import Support
internal import Synchronization

/// The GitOps repository at the commit whose policy a run uses, with the configuration.
///
/// Unless a configuration is given, it is read from the same commit, so that it always matches the policy.
public struct GitOpsWorkspace: Sendable {
    /// The repository at the policy's commit.
    package let snapshot: GitOpsSnapshot
    /// The configuration.
    public let configuration: CapsuleConfiguration
    /// True when the configuration was read from the repository at that commit, false when a file was given.
    package let configurationIsRecorded: Bool
    /// True when the caller named no revision, so that this commit is the head of the policy branch.
    private let isHead: Bool
    private let policyHead = PolicyHead()

    package init(
        snapshot: GitOpsSnapshot, configuration: CapsuleConfiguration, configurationIsRecorded: Bool,
        isHead: Bool = false
    ) {
        self.snapshot = snapshot
        self.configuration = configuration
        self.configurationIsRecorded = configurationIsRecorded
        self.isHead = isHead
    }

    /// Opens a repository for the time that `body` runs.
    ///
    /// - Parameters:
    ///   - revision: a branch or commit; nil for the configuration's branch, else the default branch of the repository.
    ///   - configuration: nil reads it from the repository.
    /// - Throws: `GitError`, `CapsuleError`, and what `body` throws.
    public static func with<Result: Sendable>(
        _ remote: GitRemote, revision: String?, configuration: CapsuleConfiguration?, git: Git, cacheDirectory: String?,
        _ body: (GitOpsWorkspace) async throws -> Result
    ) async throws -> Result {
        try await GitOpsRepository.with(remote, git: git, cacheDirectory: cacheDirectory) { repository in
            try await body(open(repository, revision: revision, configuration: configuration))
        }
    }

    private static func open(
        _ repository: GitOpsRepository, revision: String?, configuration: CapsuleConfiguration?
    ) async throws -> GitOpsWorkspace {
        if let configuration {
            let snapshot =
                if let revision {
                    try await repository.snapshot(at: revision)
                } else {
                    try await repository.snapshot(at: policyBranch(of: configuration, in: repository))
                }
            return GitOpsWorkspace(
                snapshot: snapshot, configuration: configuration, configurationIsRecorded: false,
                isHead: revision == nil)
        }
        let start = repository.heads.defaultBranch ?? .main
        let snapshot =
            if let revision {
                try await repository.snapshot(at: revision)
            } else {
                try await repository.snapshot(at: start)
            }
        let found = try await snapshot.configuration()
        guard revision == nil else {
            return GitOpsWorkspace(
                snapshot: snapshot, configuration: found, configurationIsRecorded: true, isHead: false)
        }
        let branch = try policyBranch(of: found, in: repository)
        guard branch != start else {
            return GitOpsWorkspace(
                snapshot: snapshot, configuration: found, configurationIsRecorded: true, isHead: true)
        }
        // The default branch names another branch for policy: the configuration is read from that branch too.
        let other = try await repository.snapshot(at: branch)
        return GitOpsWorkspace(
            snapshot: other, configuration: try await other.configuration(), configurationIsRecorded: true,
            isHead: true)
    }

    /// The policy branch of a configuration. Any other branch may be writable by more people, so none replaces a branch
    /// that is missing.
    private static func policyBranch(
        of configuration: CapsuleConfiguration, in repository: GitOpsRepository
    ) throws -> BranchName {
        let branch = configuration.gitops.branch
        guard repository.heads[branch] == nil, !repository.heads.branches.isEmpty else { return branch }
        let known = repository.heads.branches.keys.sorted().prefix(10).map(\.description).joined(separator: ", ")
        throw GitError(
            .notFound,
            "\(quoted(repository.remote.description)) has no policy branch \(quoted(branch.description)), which "
                + "gitops.branch of \(CapsuleConfiguration.fileName) names (default: main); it has \(known). Create the "
                + "branch, or correct gitops.branch")
    }

    /// True when this commit is on the policy branch that the repository's default branch names, so that its policy is
    /// or was in force. Other branches may be writable by more people and are not trusted.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    public func isOnPolicyBranch() async throws -> Bool {
        guard let later = try await later() else { return true }
        return try await snapshot.repository.reaches(snapshot.commit.id, from: later.snapshot.commit.id)
    }

    /// The workspace at the head of the policy branch, which is read once; nil when the head is this commit. It has the
    /// configuration that was given, if one was.
    ///
    /// - Throws: `GitError`, `CapsuleError`
    package func later() async throws -> GitOpsWorkspace? {
        guard !isHead else { return nil }
        if let known = policyHead.known.withLock({ $0 }) { return known.workspace }
        let later = try await readPolicyHead()
        policyHead.known.withLock { $0 = PolicyHead.Known(workspace: later) }
        return later
    }

    private func readPolicyHead() async throws -> GitOpsWorkspace? {
        let repository = snapshot.repository
        guard configurationIsRecorded else {
            let branch = configuration.gitops.branch
            guard repository.heads[branch] != snapshot.commit.id else { return nil }
            let head = try await Self.open(repository, revision: nil, configuration: configuration)
            return head.snapshot.commit.id == snapshot.commit.id ? nil : head
        }
        // When the default branch is the policy branch, the heads answer this without a read.
        if let name = repository.heads.defaultBranch, repository.heads[name] == snapshot.commit.id,
            configuration.gitops.branch == name
        {
            return nil
        }
        let head = try await Self.open(repository, revision: nil, configuration: nil)
        return head.snapshot.commit.id == snapshot.commit.id ? nil : head
    }

    /// The render options of the configuration for a deployment, which need not be a stage.
    package func renderOptions(_ deployment: String) -> RenderOptions {
        let stage = configuration.stages.first { $0.name == deployment } ?? Stage(name: deployment)
        return configuration.renderOptions(for: stage)
    }
}

/// The cached head of the policy branch of a workspace.
private final class PolicyHead: Sendable {
    struct Known { let workspace: GitOpsWorkspace? }

    let known = Mutex<Known?>(nil)
}
