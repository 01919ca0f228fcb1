/// A program that is kept running and talked with: what is written is its standard input, what is read its standard output.
///
/// The pipe is the only buffer. A program that prints what nobody reads is held back, and so is who writes what the program
/// does not read; a task that writes much before it reads can wait for itself, as can the program. At most one call of each
/// kind is under way at a time. A task that is cancelled in one ends the conversation.
public struct Conversation: Sendable {
    private let watcher: ProgramWatcher
    private let number: UInt64

    init(watcher: ProgramWatcher) {
        self.watcher = watcher
        number = watcher.nextNumber()
    }

    nonisolated(nonsending) func hold<Answer>(
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

    /// Ends the program. Takes no longer than `WatchedProgram.grace` and `.patience`, so it need not be cancelled.
    private func close() async { await withCheckedContinuation { watcher.post(.close(number, $0)) } }

    /// Waits until the program has printed something, and returns that: at most `limit` bytes, at
    /// least one, and none at the end.
    ///
    /// - Throws: `CommandError`; `.deadline` when the conversation lasts too long. `CancellationError`.
    public func read(atMost limit: Int = 64 << 10) async throws -> [UInt8] {
        try await watcher.cancelling(number) { watcher.post(.read(number, max(1, limit), $0)) }
    }

    /// Writes all of the bytes; returns when they are in the pipe, which does not mean that the program has read them.
    ///
    /// - Throws: `CommandError`; `.failed` when the program reads no more, `.deadline` when the conversation lasts too long.
    ///   `CancellationError`.
    public func write(_ bytes: [UInt8]) async throws {
        guard !bytes.isEmpty else { return }
        try await watcher.cancelling(number) { watcher.post(.write(number, bytes, $0)) }
    }

    /// Closes the program's input, drops what it prints from now on, and waits for its end. Optional: a conversation that is
    /// not finished is ended with its closure.
    ///
    /// - Returns: Status and standard error; the output is empty.
    /// - Throws: `CommandError`, `CancellationError`
    @discardableResult
    public func finish() async throws -> CommandResult {
        try await watcher.cancelling(number) { watcher.post(.finish(number, $0)) }
    }
}
