internal import CapsuleTestSupport
internal import Processes

/// Git as Kargo's controller runs it: its own user, nothing of this machine's settings.
struct Git: Sendable {
    let addresses: [String: String]

    private var environment: [String: String] {
        var environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_EDITOR": "true",
        ]
        // A longer prefix wins over a shorter one by Git's own rule.
        for (index, pair) in addresses.sorted(by: { $0.key < $1.key }).enumerated() {
            environment["GIT_CONFIG_KEY_\(index)"] = "url.\(pair.value).insteadOf"
            environment["GIT_CONFIG_VALUE_\(index)"] = pair.key
        }
        environment["GIT_CONFIG_COUNT"] = "\(addresses.count)"
        return environment
    }

    /// Runs Git whatever its status.
    func run(_ arguments: [String], in directory: String? = nil, input: String = "") async throws -> CommandResult {
        try await SystemCommandRunner().run(
            Command(
                "git", arguments, environment: environment, workingDirectory: directory, input: Array(input.utf8),
                deadline: .seconds(120)))
    }

    /// What Git prints; a failure is an error of the step, which Kargo may try again.
    @discardableResult
    func output(_ arguments: [String], in directory: String? = nil, input: String = "") async throws -> String {
        let result = try await run(arguments, in: directory, input: input)
        guard result.succeeded else {
            throw StepFailure(
                .errored, "git \(arguments.joined(separator: " ")) exited with \(result.status): \(result.errorOutput)")
        }
        return result.text
    }

    /// Whether a remote has a branch.
    func hasBranch(_ branch: String, at remote: String, in directory: String? = nil) async throws -> Bool {
        try await !output(["ls-remote", "--heads", remote, "refs/heads/\(branch)"], in: directory).isEmpty
    }
}
