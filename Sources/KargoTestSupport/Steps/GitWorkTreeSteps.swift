internal import Documents
internal import Support

/// `git-clear`: removes all files in a directory of the work tree. The directory must exist.
struct GitClearStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        try context.config.only("path")
        let path = context.path(try context.config.required("path"))
        try await context.git.checkWorkTree(path)
        try await context.git.output(["add", "."], in: path)
        try await context.git.output(["rm", "-rfq", "--ignore-unmatch", "."], in: path)
        return .succeeded()
    }
}

/// `git-commit`: commits all changes; skipped when there are none.
struct GitCommitStep: PromotionStep {
    func run(_ context: StepContext) async throws -> StepOutcome {
        try context.config.only("path", "message", "author", "messageFromSteps")
        let path = context.path(try context.config.required("path"))
        let message = try context.config.required("message")
        let git = context.git
        try await git.checkWorkTree(path)
        try await git.output(["add", "."], in: path)
        let hasChanges = try await !git.output(["diff", "--cached", "--name-only"], in: path).isEmpty
        if hasChanges {
            var arguments = ["commit", "-q", "-m", message]
            if let author = context.config.map("author") {
                let (name, email) = (try author.required("name"), try author.required("email"))
                arguments = ["-c", "user.name=\(name)", "-c", "user.email=\(email)"] + arguments
            }
            try await git.output(arguments, in: path)
        }
        let commit = try await git.output(["rev-parse", "HEAD"], in: path)
        return StepOutcome(status: hasChanges ? .succeeded : .skipped, output: .members(["commit": .string(commit)]))
    }
}

extension ControllerGit {
    /// Checks that a directory exists and is in a work tree.
    func checkWorkTree(_ path: String) async throws {
        let result: String
        do {
            result = try await output(["rev-parse", "--is-inside-work-tree"], in: path)
        } catch {
            throw StepFailure(.errored, "\(path) is not a work tree: \(error)")
        }
        guard result == "true" else { throw StepFailure(.errored, "\(path) is not a work tree") }
    }
}
