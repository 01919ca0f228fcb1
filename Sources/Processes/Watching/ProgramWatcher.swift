internal import CSpawn
internal import Support
internal import Synchronization

/// The interface of tasks to the watching thread: an inbox, and a pipe that wakes the thread.
final class ProgramWatcher: Sendable {
    private let inbox = Mutex<[WatcherMessage]>([])
    private let wake: Pipe
    private let lastNumber = Atomic<UInt64>(0)

    private static let watcher = Mutex<ProgramWatcher?>(nil)

    /// The watcher of this process: a process has one set of children. Its threads are started on first use.
    static func shared() throws -> ProgramWatcher {
        try watcher.withLock { existing in
            if let existing { return existing }
            do {
                let watcher = try ProgramWatcher()
                let starter = try ProgramStarter { number, result in watcher.post(.started(number, result)) }
                // The loop is made on its thread and never leaves it.
                try DedicatedThread.start("programs-watch") { WatchLoop(watcher: watcher, starter: starter).run() }
                existing = watcher
                return watcher
            } catch let failure as SystemError {
                throw CommandError(.failed, "no program can be run: \(failure.text)")
            }
        }
    }

    private init() throws(SystemError) {
        let error = capsule_prepare_signals()
        guard error == 0 else { throw SystemError(number: error) }
        wake = try Pipe(unblocked: .both)
    }

    /// The number for the next program.
    func nextNumber() -> UInt64 { lastNumber.wrappingAdd(1, ordering: .relaxed).newValue }

    func post(_ message: WatcherMessage) {
        let isFirst = inbox.withLock { inbox in
            inbox.append(message)
            return inbox.count == 1
        }
        // A full pipe wakes as well.
        if isFirst { _ = wake.writing.write([1], from: 0) }
    }

    /// The descriptor that wakes the watching thread.
    var wakeDescriptor: Int32 { wake.reading.number }

    /// The messages posted since the last call.
    func takeMessages() -> [WatcherMessage] {
        var bytes = [UInt8](repeating: 0, count: 64)
        // Emptied before the inbox is: a message that comes in between leaves a byte for the next turn.
        while case .moved = wake.reading.read(into: &bytes) {}
        return inbox.withLock { inbox in
            defer { inbox = [] }
            return inbox
        }
    }

    /// Runs a program to its end.
    func run(_ command: PreparedCommand) async throws -> CommandResult {
        let number = nextNumber()
        return try await cancelling(number) { post(.run(number, command, $0)) }
    }

    /// Posts a message with a continuation, and `cancel` when the task is cancelled.
    ///
    /// A cancellation before the message would name an unknown program, so cancellation is checked again after the message.
    func cancelling<Answer: Sendable>(
        _ number: UInt64, _ post: (CheckedContinuation<Answer, any Error>) -> Void
    ) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                post(continuation)
                if Task.isCancelled { self.post(.cancel(number)) }
            }
        } onCancel: {
            self.post(.cancel(number))
        }
    }
}

/// A message to the watching thread. Programs are identified by number, so a late message about one that has ended is
/// harmless.
enum WatcherMessage: Sendable {
    /// Register a program and start it below the limit.
    case run(UInt64, PreparedCommand, CheckedContinuation<CommandResult, any Error>)
    /// Register a program for a conversation, and start it.
    case open(UInt64, PreparedCommand, CheckedContinuation<Void, any Error>)
    /// A start has returned.
    case started(UInt64, Result<StartedProgram, StartFailure>)
    case cancel(UInt64)

    /// Read at most this many bytes of the output; none at its end.
    case read(UInt64, Int, CheckedContinuation<[UInt8], any Error>)
    /// Write these bytes.
    case write(UInt64, [UInt8], CheckedContinuation<Void, any Error>)
    /// Close the input, discard further output, and return the result.
    case finish(UInt64, CheckedContinuation<CommandResult, any Error>)
    /// End the program if it runs, and resume when it has ended.
    case close(UInt64, CheckedContinuation<Void, Never>)
}
