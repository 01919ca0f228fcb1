internal import Archive
public import Processes

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Other people's programs, run for real.
public enum Tool {
    // Whoever runs the tests may have put renderers elsewhere than the system does, as scripts/bootstrap does.
    private static let path =
        getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

    /// Runs a program with the environment that tests share, and returns its result whatever the status.
    public static func run(
        _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], input: [UInt8] = [],
        outputLimit: Int = 256 << 20
    ) async throws -> CommandResult {
        let base = [
            "PATH": path, "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@example.com", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
            "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
        ]
        return try await SystemCommandRunner().run(
            Command(
                arguments[0], Array(arguments.dropFirst()), environment: base.merging(environment) { $1 },
                workingDirectory: directory, input: input, outputLimit: outputLimit, deadline: .seconds(300)))
    }

    /// Runs a program that must succeed, and returns what it printed.
    @discardableResult
    public static func output(
        _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], input: [UInt8] = []
    ) async throws -> String {
        let result = try await run(arguments, in: directory, environment: environment, input: input)
        guard result.succeeded else {
            throw ToolFailure(
                description: "\(arguments.joined(separator: " ")) exited with \(result.status): \(result.errorOutput)")
        }
        return result.text
    }

    /// Whether a program is on this machine: a test that needs one says so with `.enabled(if:)`.
    public static func exists(_ name: String) -> Bool { SystemCommandRunner().find(name) != nil }
}

/// A program that a test relied on failed.
public struct ToolFailure: Error, CustomStringConvertible {
    /// The command, its status and its error output.
    public let description: String

    /// Says what failed.
    public init(description: String) { self.description = description }
}

/// Writes a program that can be run at once.
///
/// A child process writes it: a file that this process has open for writing may be carried into a program that another test
/// starts at that moment, and cannot be run until that is over ("text file busy").
public func writeProgram(_ path: String, _ script: String) async throws {
    try await Tool.output(
        ["sh", "-c", "mkdir -p \"${1%/*}\" && cat > \"$1\" && chmod 755 \"$1\"", "sh", path], input: Array(script.utf8))
}
