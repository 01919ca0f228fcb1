internal import Archive
internal import FoundationEssentials
package import Processes

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Runs programs of other people.
package enum Tool {
    // scripts/bootstrap installs renderers outside the system's directories.
    private static let path =
        getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

    /// Runs a program with the environment that tests share, and returns its result whatever the status.
    package static func run(
        _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], input: [UInt8] = [],
        outputLimit: Int = 256 << 20
    ) async throws -> CommandResult {
        let base = [
            "PATH": path, "TMPDIR": FileManager.default.temporaryDirectory.path, "HOME": "/nonexistent",
            // Servers that tests leave out stay away.
            "CAPSULE_RETRY_SECONDS": "3",
            "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "Test",
            "GIT_COMMITTER_EMAIL": "test@example.com", "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
            "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
            // No examples of hooks in a new repository, and no process that looks for garbage after each commit.
            "GIT_TEMPLATE_DIR": "",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "maintenance.auto", "GIT_CONFIG_VALUE_0": "false",
        ]
        return try await SystemCommandRunner().run(
            Command(
                arguments[0], Array(arguments.dropFirst()), environment: base.merging(environment) { $1 },
                workingDirectory: directory, input: input, outputLimit: outputLimit, deadline: .seconds(300)))
    }

    /// Runs a program that must succeed, and returns what it printed.
    @discardableResult
    package static func output(
        _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], input: [UInt8] = []
    ) async throws -> String {
        let result = try await run(arguments, in: directory, environment: environment, input: input)
        guard result.succeeded else {
            throw ToolFailure(
                description: "\(arguments.joined(separator: " ")) exited with \(result.status): \(result.errorOutput)")
        }
        return result.text
    }

    /// Commits everything in a work tree.
    ///
    /// - Returns: the id of the commit
    @discardableResult
    package static func commit(
        _ message: String, in directory: String, environment: [String: String] = [:]
    ) async throws -> String {
        try await output(["git", "add", "-A"], in: directory)
        let summary = try await output(
            ["git", "-c", "core.abbrev=no", "commit", "--allow-empty", "-m", message], in: directory,
            environment: environment)
        // "[main (root-commit) 0123…] Message"
        return summary.prefix { $0 != "]" }.split(separator: " ").last.map(String.init) ?? ""
    }

    /// True when a Python has these modules. They are looked up and not imported, which takes seconds for some.
    package static func hasModules(_ modules: String..., python: String) async -> Bool {
        let script =
            "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(m) is None for m in sys.argv[1:]))"
        return (try? await run([python, "-c", script] + modules))?.succeeded == true
    }

    /// The first line of a Python script that imports jsonschema. It would compile a grammar for the formats `iri` and
    /// `iri-reference`, which takes two seconds; a script whose schemas have neither does without.
    package static let importsNoIRIGrammar = "import sys; sys.modules['rfc3987_syntax'] = None\n"

    /// True when a program is on this machine. A test that needs one says so with `.needs(_:)`.
    package static func exists(_ name: String) -> Bool { SystemCommandRunner().find(name) != nil }
}

/// The error of a program, or a server, that a test relies on.
package struct ToolFailure: Error, CustomStringConvertible {
    /// The command, its status and its error output.
    package let description: String

    /// Creates the error.
    package init(description: String) { self.description = description }
}

/// Writes a program that can be started immediately.
///
/// A child process writes it. If this process did, a program that another test starts at that moment could inherit the open
/// file, and the new program could not be started until the other one ends ("text file busy").
package func writeProgram(_ path: String, _ script: String) async throws {
    try await Tool.output(
        ["sh", "-c", "mkdir -p \"${1%/*}\" && cat > \"$1\" && chmod 755 \"$1\"", "sh", path], input: Array(script.utf8))
}
