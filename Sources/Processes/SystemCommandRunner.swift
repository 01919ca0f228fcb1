internal import Subprocess
internal import Synchronization
internal import SystemPackage

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Runs programs on this system, each in a process group of its own, so that a deadline ends its children too.
public struct SystemCommandRunner: CommandRunner {
    private let path: [String]

    /// A runner that looks programs up in the directories of `path`, by default the `PATH` of this process.
    public init(path: String? = nil) {
        let text = path ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        self.path = text.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    }

    /// The absolute path of a program; nil when no directory of the path holds an executable of that name.
    public func find(_ name: String) -> String? {
        if name.hasPrefix("/") { return access(name, X_OK) == 0 ? name : nil }
        guard !name.isEmpty, !name.contains("/") else { return nil }
        return path.lazy.map { "\($0)/\(name)" }.first { candidate in
            var status = stat()
            return stat(candidate, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(candidate, X_OK) == 0
        }
    }

    /// Runs a program to its end.
    public func run(_ command: Command) async throws -> CommandResult {
        guard let executable = find(command.executable) else {
            throw CommandError(.notFound, "there is no program \(command.executable) on PATH; install it")
        }
        ignoresBrokenPipes
        let group = ProcessGroup()
        return try await withThrowingTaskGroup(of: CommandResult?.self) { tasks in
            tasks.addTask { try await Self.run(command, executable: executable, group: group) }
            tasks.addTask {
                do { try await Task.sleep(for: command.deadline) } catch { return nil }
                group.kill()
                throw Self.overdue(command)
            }
            defer { tasks.cancelAll() }
            while let finished = try await tasks.next() {
                // The end of what was killed may come in before the word that it was.
                if finished != nil, group.wasKilled { throw Self.overdue(command) }
                if let finished { return finished }
            }
            throw CancellationError()
        }
    }

    private static func overdue(_ command: Command) -> CommandError {
        CommandError(.deadline, "\(command.executable) ran longer than \(command.deadline) and was stopped")
    }

    private static func run(_ command: Command, executable: String, group: ProcessGroup) async throws -> CommandResult {
        var options = PlatformOptions()
        options.processGroupID = 0
        var environment: [Environment.Key: String] = [:]
        for (name, value) in command.environment {
            if let key = Environment.Key(rawValue: name) { environment[key] = value }
        }
        let configuration = Configuration(
            executable: .path(FilePath(executable)), arguments: Arguments(command.arguments),
            environment: .custom(environment), workingDirectory: command.workingDirectory.map { FilePath($0) },
            platformOptions: options)
        do {
            let result = try await withTaskCancellationHandler {
                try await Subprocess.run(
                    configuration, input: WholeInput(bytes: command.input), output: .bytes(limit: command.outputLimit),
                    error: .bytes(limit: Command.errorOutputLimit)
                ) { execution in
                    group.started(execution.processIdentifier.value)
                }
            } onCancel: {
                group.kill()
            }
            group.ended()
            try Task.checkCancellation()
            let status: Int32
            switch result.terminationStatus {
            case .exited(let code): status = code
            case .signaled(let signal): status = 128 + signal
            }
            return CommandResult(
                status: status, output: result.standardOutput,
                errorOutput: String(decoding: result.standardError, as: UTF8.self))
        } catch let error as SubprocessError {
            group.kill()
            group.ended()
            try Task.checkCancellation()
            if error.code == .outputLimitExceeded {
                throw CommandError(
                    .outputLimit, "\(command.executable) printed more than \(command.outputLimit) bytes and was stopped"
                )
            }
            let code: CommandError.Code = error.code == .executableNotFound ? .notFound : .failed
            throw CommandError(code, "\(command.executable) could not be run: \(error)")
        }
    }
}

/// A program that ends before it has read all of its input must not end us too. The programs themselves get the default back.
private let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

/// Input that a program may leave unread. Ending early is the program's own business and shows in its status; an error here
/// would only take the place of that answer.
private struct WholeInput: InputProtocol {
    let bytes: [UInt8]

    func write(with writer: StandardInputWriter) async throws {
        do {
            _ = try await writer.write(bytes)
        } catch  where error.code == .failedToWriteToSubprocess {
            return
        }
    }
}

/// The process group of a running program, to be killed whole. A group that has ended is never signalled: its number may
/// belong to somebody else by then.
private final class ProcessGroup: Sendable {
    private enum State {
        case pending, running(pid_t), killed, ended
    }
    private let state = Mutex(State.pending)
    private let killed = Mutex(false)

    func started(_ id: pid_t) {
        state.withLock { state in
            if case .killed = state { _ = Self.signal(id) } else { state = .running(id) }
        }
    }

    func kill() {
        state.withLock { state in
            if case .running(let id) = state { _ = Self.signal(id) }
            if case .ended = state { return }
            state = .killed
            killed.withLock { $0 = true }
        }
    }

    /// Whether `kill` came before the end.
    var wasKilled: Bool { killed.withLock { $0 } }

    func ended() { state.withLock { $0 = .ended } }

    private static func signal(_ id: pid_t) -> Int32 {
        #if canImport(Glibc)
            Glibc.kill(-id, SIGKILL)
        #elseif canImport(Musl)
            Musl.kill(-id, SIGKILL)
        #else
            Darwin.kill(-id, SIGKILL)
        #endif
    }
}
