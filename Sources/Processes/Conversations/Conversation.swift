/// A running program: `write` writes to its standard input, `read` reads its standard output.
///
/// The pipes are the only buffers. The program waits while its output is not read, and a writer waits while the program does
/// not read its input; a task that writes much before it reads can deadlock with the program. At most one call of each kind
/// may be active at a time. Cancelling a task in a call ends the conversation.
public struct Conversation: Sendable {
    private let watcher: ProgramWatcher
    private let number: UInt64

    init(watcher: ProgramWatcher) {
        self.watcher = watcher
        number = watcher.nextNumber()
    }

    nonisolated(nonsending) func run<Answer>(
        _ command: PreparedCommand, _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer {
        try await withTaskCancellationHandler {
            try await watcher.cancelling(number) { watcher.post(.open(number, command, $0)) }
            do {
                if !command.command.input.isEmpty { try await write(command.command.input) }
                let answer = try await body(self)
                await close()
                return answer
            } catch {
                await close()
                throw error
            }
        } onCancel: {
            watcher.post(.cancel(number))
        }
    }

    /// Ends the program, within `WatchedProgram.grace` and `.patience`, so it need not be cancelled.
    private func close() async { await withCheckedContinuation { watcher.post(.close(number, $0)) } }

    /// Waits for output and returns at least one and at most `limit` bytes; none at the end.
    ///
    /// - Throws: `CommandError`; `.deadline` when the conversation lasts too long. `CancellationError`.
    public func read(atMost limit: Int = 64 << 10) async throws -> [UInt8] {
        try await watcher.cancelling(number) { watcher.post(.read(number, max(1, limit), $0)) }
    }

    /// Writes the bytes, and returns when they are in the pipe; the program may not have read them yet.
    ///
    /// - Throws: `CommandError`; `.failed` when the program has closed its input, `.deadline` when the conversation lasts
    /// too long. `CancellationError`.
    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await watcher.cancelling(number) { watcher.post(.write(number, bytes, $0)) }
    }

    /// Closes the program's input, discards further output, and waits for its end. Without this call, the program is ended
    /// after the closure.
    ///
    /// - Returns: Status and standard error; the output is empty.
    /// - Throws: `CommandError`, `CancellationError`
    @discardableResult
    public func finish() async throws -> CommandResult {
        try await watcher.cancelling(number) { watcher.post(.finish(number, $0)) }
    }
}
