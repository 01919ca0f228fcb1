internal import Documents
internal import FoundationEssentials

/// `git-clone`: makes a bare clone, and a work tree for each checkout.
struct GitCloneStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only(
            "repoURL", "checkout", "author", "insecureSkipTLSVerify", "recurseSubmodules",
            context.cluster.minorVersion >= 11 ? "blobless" : "repoURL")
        let remote = try config.required("repoURL")
        let checkouts = try config.list("checkout")
        guard !checkouts.isEmpty else { throw StepFailure.configuration("checkout is empty") }
        for checkout in checkouts {
            try checkout.only("path", "as", "branch", "commit", "tag", "create", "sparse")
            let chosen = try ["branch", "commit", "tag"].filter { try checkout.filled($0) != nil }
            guard chosen.count <= 1 else {
                throw StepFailure.configuration(
                    "\(checkout.path): \(chosen.joined(separator: " and ")) exclude each other")
            }
        }
        let names = try checkouts.compactMap { try $0.filled("as") }
        guard Set(names).count == names.count else {
            throw StepFailure.configuration("two checkouts have the same alias")
        }

        let git = context.git
        let bare = context.scratch("repo")
        try await git.output(["clone", "-q", "--bare", remote, bare])
        let author = config.map("author")
        for (key, value) in [
            ("user.name", try author?.required("name") ?? "Kargo"),
            ("user.email", try author?.required("email") ?? "no-reply@kargo.io"),
        ] { try await git.output(["config", key, value], in: bare) }
        var commits: [JSONMember] = []
        for checkout in checkouts {
            let path = try checkout.required("path")
            if let branch = try checkout.filled("branch") {
                try await ensure(branch, create: checkout.bool("create"), in: bare, git)
            }
            let commit = try await check(out: checkout, at: context.path(path), from: bare, git)
            commits.append(JSONMember(key: try checkout.filled("as") ?? path, value: .string(commit)))
        }
        return .succeeded(.members(["commits": .object(commits)]))
    }

    /// Creates a missing branch as an empty orphan branch, also on the remote.
    private func ensure(_ branch: String, create: Bool, in bare: String, _ git: ControllerGit) async throws {
        guard try await !git.hasBranch(branch, at: "origin", in: bare) else { return }
        guard create else {
            throw StepFailure(.errored, "the remote has no branch \(branch), and create is not set")
        }
        let tree = try await git.output(["mktree"], in: bare)
        let commit = try await git.output(["commit-tree", "-m", "Initial commit", tree], in: bare)
        try await git.output(["push", "-q", "origin", "\(commit):refs/heads/\(branch)"], in: bare)
        try await git.output(["update-ref", "refs/heads/\(branch)", commit], in: bare)
    }

    private func check(out checkout: StepConfig, at path: String, from bare: String, _ git: ControllerGit) async throws
        -> String
    {
        let sparse = try checkout.texts("sparse")
        var arguments = ["worktree", "add", "-q"] + (sparse.isEmpty ? [] : ["--no-checkout"])
        if let branch = try checkout.filled("branch") {
            arguments += [path, branch]
        } else if let commit = try checkout.filled("commit") {
            arguments += ["--detach", path, commit]
        } else if let tag = try checkout.filled("tag") {
            arguments += ["--detach", path, "refs/tags/\(tag)"]
        } else {
            arguments += ["--force", path, try await git.output(["symbolic-ref", "--short", "HEAD"], in: bare)]
        }
        try await git.output(arguments, in: bare)
        if !sparse.isEmpty {
            try await git.output(["sparse-checkout", "set", "--cone"] + sparse, in: path)
            try await git.output(["checkout", "-q"], in: path)
        }
        return try await git.output(["rev-parse", "HEAD"], in: path)
    }
}
