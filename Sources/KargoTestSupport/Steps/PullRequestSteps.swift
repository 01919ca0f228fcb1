internal import Documents
internal import FoundationEssentials
internal import Processes
internal import Support

/// `git-open-pr`: opens a pull request, or adopts an open or merged one for the same commit.
struct GitOpenPRStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only(
            "repoURL", "sourceBranch", "targetBranch", "createTargetBranch", "title", "description", "labels",
            "provider",
            "insecureSkipTLSVerify")
        let remote = try config.required("repoURL")
        let (source, target) = (try config.required("sourceBranch"), try config.required("targetBranch"))
        // Kargo reuses the output of an earlier run of the step.
        if let earlier = context.state[context.alias], let pr = earlier["pr"], pr["id"]?.int != nil {
            return .succeeded(earlier)
        }
        let git = context.git
        let bare = context.scratch("pr")
        defer { try? FileManager.default.removeItem(atPath: bare) }
        try await git.output(["clone", "-q", "--bare", remote, bare])
        let head = try await commit(of: source, in: bare, git)
        let requests = context.cluster.forge.pullRequests.filter {
            $0.repoURL == remote && $0.source == source && $0.target == target && $0.head == head
        }
        let found = requests.last { $0.isOpen } ?? requests.last { $0.mergeCommit != nil }
        if let found { return .succeeded(Self.output(found)) }
        let message = try await git.output(["log", "-1", "--format=%B", head], in: bare)
        guard try await git.hasBranch(target, at: "origin", in: bare) else {
            throw StepFailure(.errored, "the remote has no branch \(target) to open a pull request against")
        }
        let difference = try await git.run(["diff", "--quiet", "refs/heads/\(target)", head], in: bare)
        guard !difference.succeeded else { return StepOutcome(status: .skipped) }
        let lines = message.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        let title = try config.filled("title")
        let rest = title == nil ? (lines.count > 1 ? String(lines[1]) : "") : message
        return .succeeded(
            Self.output(
                context.cluster.forge.open(
                    repoURL: remote, source: source, target: target, head: head,
                    title: title ?? lines.first.map(String.init) ?? "",
                    description: try config.filled("description") ?? rest, labels: try config.texts("labels"))))
    }

    private func commit(of branch: String, in bare: String, _ git: ControllerGit) async throws -> String {
        do {
            return try await git.output(["rev-parse", "--verify", "refs/heads/\(branch)^{commit}"], in: bare)
        } catch {
            throw StepFailure(.errored, "the remote has no branch \(branch) to open a pull request from")
        }
    }

    private static func output(_ request: FakeForge.PullRequest) -> JSONValue {
        .members([
            "pr": .members(["id": .number(String(request.number)), "url": .string(request.url)])
        ])
    }
}

/// `git-wait-for-pr`: waits until a pull request is merged; fails when it is closed without a merge.
struct GitWaitForPRStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only(
            "repoURL", "prNumber", "provider", "insecureSkipTLSVerify",
            context.cluster.minorVersion >= 11 ? "pollInterval" : "prNumber")
        let remote = try config.required("repoURL")
        guard let number = try config.int("prNumber"), number >= 1 else {
            throw StepFailure.configuration("prNumber must be a number from 1")
        }
        guard let request = context.cluster.forge.find(number, in: remote) else {
            throw StepFailure(.errored, "pull request \(number) does not exist in \(remote)")
        }
        if request.isOpen { return StepOutcome(status: .running) }
        guard let commit = request.mergeCommit else {
            throw StepFailure(.failed, terminal: true, "pull request \(number) was closed without being merged")
        }
        return .succeeded(.members(["commit": .string(commit)]))
    }
}
