/// Runs programs. The one seam between the libraries and other people's binaries.
public protocol CommandRunner: Sendable {
    /// Runs a program to its end.
    ///
    /// - Throws: `CommandError`, or `CancellationError` after ending the program when the task is cancelled.
    func run(_ command: Command) async throws -> CommandResult

    /// Starts a program, keeps it running while `body` talks with it, and ends it and its process group after that.
    ///
    /// `input` of the command is what is written first; its deadline is that of the whole conversation; its output limit does
    /// not count, for the program can only print what `body` reads, and what fits into a pipe.
    ///
    /// - Throws: `CommandError` when the program cannot be started, `CancellationError` after ending it when the task is
    ///   cancelled, and what `body` throws.
    nonisolated(nonsending) func withConversation<Answer>(
        _ command: Command, _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer

    /// The absolute path of a program on this process's `PATH`; nil when it is not there.
    func find(_ name: String) -> String?
}

extension CommandRunner {
    /// Refuses: a runner that changes or records what is run has to decide itself what a conversation is to it.
    nonisolated(nonsending) public func withConversation<Answer>(
        _ command: Command, _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer {
        throw CommandError(.failed, "\(command.executable) could not be run: this runner does not hold conversations")
    }
}
