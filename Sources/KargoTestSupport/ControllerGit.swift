internal import CapsuleTestSupport
internal import Processes

/// Runs Git as Kargo's controller does: with its own user and without the settings of this machine.
struct ControllerGit: Sendable {
    let addresses: [String: String]

    private var environment: [String: String] {
        var environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_EDITOR": "true", "GIT_TEMPLATE_DIR": "",
        ]
        // Git applies the longest matching prefix.
        var settings = addresses.sorted { $0.key < $1.key }.map { ("url.\($0.value).insteadOf", $0.key) }
        settings.append(("maintenance.auto", "false"))
        for (index, (key, value)) in settings.enumerated() {
            environment["GIT_CONFIG_KEY_\(index)"] = key
            environment["GIT_CONFIG_VALUE_\(index)"] = value
        }
        environment["GIT_CONFIG_COUNT"] = "\(settings.count)"
        return environment
    }

    /// Runs Git and returns the result for any exit status.
    func run(_ arguments: [String], in directory: String? = nil, input: String = "") async throws -> CommandResult {
        try await SystemCommandRunner().run(
            Command(
                "git", arguments, environment: environment, workingDirectory: directory, input: Array(input.utf8),
                deadline: .seconds(120)))
    }

    /// The output of Git. A failure is an error of the step, which Kargo may retry.
    @discardableResult
    func output(_ arguments: [String], in directory: String? = nil, input: String = "") async throws -> String {
        let result = try await run(arguments, in: directory, input: input)
        guard result.succeeded else {
            throw StepFailure(
                .errored, "git \(arguments.joined(separator: " ")) exited with \(result.status): \(result.errorOutput)")
        }
        return result.text
    }

    /// True when a remote has a branch.
    func hasBranch(_ branch: String, at remote: String, in directory: String? = nil) async throws -> Bool {
        try await !output(["ls-remote", "--heads", remote, "refs/heads/\(branch)"], in: directory).isEmpty
    }
}
