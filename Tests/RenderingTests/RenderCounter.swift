import Processes
import Synchronization

/// Runs programs for real and counts the renders, leaving out what finds their versions.
final class RenderCounter: CommandRunner {
    private let system: SystemCommandRunner
    private let counts = Mutex((renders: 0, all: 0, trees: Set<String>()))

    init(path: String? = nil) { system = SystemCommandRunner(path: path) }

    var renders: Int { counts.withLock { $0.renders } }
    var all: Int { counts.withLock { $0.all } }

    /// The number of directories in which programs rendered.
    var trees: Int { counts.withLock { $0.trees.count } }

    func run(_ command: Command) async throws -> CommandResult {
        counts.withLock {
            $0.all += 1
            let findsVersion =
                command.arguments.contains("version") || command.arguments.last?.hasSuffix("/probe") == true
            guard !findsVersion else { return }
            $0.renders += 1
            $0.trees.insert(command.workingDirectory ?? "")
        }
        return try await system.run(command)
    }

    func find(_ name: String) -> String? { system.find(name) }
}
