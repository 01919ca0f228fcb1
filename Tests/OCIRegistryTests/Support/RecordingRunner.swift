import Processes
import Synchronization

/// A runner that records commands and returns one result.
final class RecordingRunner: CommandRunner {
    private let seen = Mutex<[Command]>([])
    let result: CommandResult

    init(status: Int32 = 0, _ output: String) {
        result = CommandResult(status: status, output: Array(output.utf8), errorOutput: "")
    }

    var commands: [Command] { seen.withLock { $0 } }

    func run(_ command: Command) async throws -> CommandResult {
        seen.withLock { $0.append(command) }
        return result
    }

    func find(_ name: String) -> String? { "/usr/bin/\(name)" }
}
