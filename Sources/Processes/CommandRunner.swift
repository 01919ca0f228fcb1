/// Runs other programs. Tests and tools replace it.
public protocol CommandRunner: Sendable {
    /// Runs a program to its end.
    ///
    /// - Throws: `CommandError`, or `CancellationError` after ending the program when the task is cancelled.
    func run(_ command: Command) async throws -> CommandResult

    /// Starts a program, keeps it running while `body` communicates with it, then ends it and its process group.
    ///
    /// The `input` of the command is written first. Its deadline applies to the whole conversation. Its output limit is
    /// ignored, because the program can only print what `body` reads and what fits into a pipe.
    ///
    /// - Throws: `CommandError` when the program cannot be started, `CancellationError` after ending it when the task is
    ///   cancelled, and the error of `body`.
    nonisolated(nonsending) func withConversation<Answer>(
        _ command: Command, _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer

    /// True when ``withConversation(_:_:)`` works.
    var supportsConversations: Bool { get }

    /// The absolute path of a program on this process's `PATH`; nil when there is none.
    func find(_ name: String) -> String?
}

extension CommandRunner {
    /// False: a runner that wraps another must implement conversations itself.
    public var supportsConversations: Bool { false }

    /// Throws: a runner that wraps another must implement conversations itself.
    nonisolated(nonsending) public func withConversation<Answer>(
        _ command: Command, _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer {
        throw CommandError(
            .failed, "\(command.executable) could not be run: this runner does not support conversations")
    }
}
