package import Processes
internal import Synchronization

/// Runs programs for real, and records their arguments.
package final class RecordingRunner: CommandRunner {
    private let base = SystemCommandRunner()
    private let recorded = Mutex<[[String]]>([])

    package func run(_ command: Command) async throws -> CommandResult {
        recorded.withLock { $0.append(command.arguments) }
        return try await base.run(command)
    }

    package func find(_ name: String) -> String? { base.find(name) }

    package init() {}

    package var commands: [[String]] { recorded.withLock { $0 } }
}
