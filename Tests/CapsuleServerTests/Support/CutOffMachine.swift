import Processes
import Synchronization

/// A machine whose Git reaches no host.
final class CutOffMachine: CommandRunner {
    let calls = Mutex(0)

    func find(_ name: String) -> String? { "/usr/bin/\(name)" }

    func run(_ command: Command) async throws -> CommandResult {
        guard !command.arguments.contains("--version") else {
            return CommandResult(status: 0, output: Array("git version 2.47.0\n".utf8), errorOutput: "")
        }
        calls.withLock { $0 += 1 }
        throw CommandError(.failed, "Could not resolve host: git.example.com")
    }
}
