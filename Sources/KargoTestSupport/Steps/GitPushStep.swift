internal import Documents
internal import Processes

/// `git-push`: rebases onto the remote branch, or merges it, and pushes. A generated branch is overwritten.
struct GitPushStep: PromotionStep {
    /// The default number of attempts when the remote branch moves.
    private static let attempts = 10

    func run(_ context: StepContext) async throws -> StepOutcome {
        let config = context.config
        try config.only(
            "path", "targetBranch", "generateTargetBranch", "maxAttempts", "provider", "force",
            context.cluster.minorVersion >= 10 ? "tag" : "path")
        let path = context.path(try config.required("path"))
        let named = try config.filled("targetBranch")
        let generates = try config.bool("generateTargetBranch")
        guard named == nil || !generates else {
            throw StepFailure.configuration("targetBranch and generateTargetBranch exclude each other")
        }
        guard try config.filled("tag") == nil else { throw InterpreterError(description: "git-push of a tag") }
        let git = context.git
        try await git.checkWorkTree(path)
        let branch: String
        if let named {
            branch = named
        } else if generates {
            branch = "kargo/promotion/\(context.promotion)"
        } else {
            branch = try await git.output(["rev-parse", "--abbrev-ref", "HEAD"], in: path)
        }
        let force = try generates || config.bool("force")
        try await push(
            path, to: branch, force: force, attempts: config.int("maxAttempts") ?? Self.attempts,
            context.cluster.pushPolicy, git)
        let commit = try await git.output(["rev-parse", "HEAD"], in: path)
        return .succeeded(.members(["commit": .string(commit), "branch": .string(branch)]))
    }

    private func push(
        _ path: String, to branch: String, force: Bool, attempts: Int, _ policy: KargoCluster.PushPolicy,
        _ git: ControllerGit
    ) async throws {
        for attempt in 1...max(attempts, 1) {
            if !force, try await git.hasBranch(branch, at: "origin", in: path) {
                let (option, verb) = policy == .rebase ? ("--rebase", "rebase") : ("--no-rebase", "merge")
                let pulled = try await git.run(["pull", "-q", option, "--no-edit", "origin", branch], in: path)
                guard pulled.succeeded else {
                    _ = try await git.run([verb, "--abort"], in: path)
                    guard
                        pulled.errorOutput.contains("CONFLICT") || pulled.text.contains("CONFLICT")
                            || pulled.errorOutput.contains("could not apply")
                    else { throw StepFailure(.errored, "git pull \(option): \(pulled.errorOutput)") }
                    throw StepFailure(.failed, terminal: true, "merge conflict: \(pulled.errorOutput)")
                }
            }
            let arguments = ["push", "-q"] + (force ? ["--force"] : []) + ["origin", "HEAD:refs/heads/\(branch)"]
            let pushed = try await git.run(arguments, in: path)
            if pushed.succeeded { return }
            let isBehind = ["non-fast-forward", "fetch first", "stale info"].contains {
                pushed.errorOutput.contains($0)
            }
            guard isBehind, attempt < attempts else {
                throw StepFailure(.errored, "git push: \(pushed.errorOutput)")
            }
        }
    }
}
