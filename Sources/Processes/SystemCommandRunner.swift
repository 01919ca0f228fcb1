#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Runs programs on this system, each as the leader of its own session and process group: a deadline ends its children too,
/// and a program that prompts at the terminal fails at once instead of waiting.
///
/// All runners of a process share one watching thread: at most `WatchLoop.maximumRuns` programs run at a time, and further
/// ones wait.
public struct SystemCommandRunner: CommandRunner {
    private let path: [String]

    /// True.
    public var supportsConversations: Bool { true }

    /// A runner that looks programs up in the directories of `path`, by default the `PATH` of this process.
    public init(path: String? = nil) {
        let text = unsafe path ?? getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        self.path = text.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
    }

    /// The absolute path of a program; nil when no directory of the path contains an executable with that name.
    public func find(_ name: String) -> String? {
        // C would ignore the text after a NUL.
        guard !name.isEmpty, !name.utf8.contains(0) else { return nil }
        if name.hasPrefix("/") { return unsafe access(name, X_OK) == 0 ? name : nil }
        guard !name.contains("/") else { return nil }
        return path.lazy.map { "\($0)/\(name)" }.first { candidate in
            var status = stat()
            return unsafe stat(candidate, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
                && access(candidate, X_OK) == 0
        }
    }

    /// Runs a program to its end.
    public func run(_ command: Command) async throws -> CommandResult {
        try Task.checkCancellation()
        let prepared = try PreparedCommand(command, find: find, keepsInputOpen: false)
        return try await ProgramWatcher.shared().run(prepared)
    }

    /// Starts a program, keeps it running while `body` communicates with it, then ends it and its process group.
    nonisolated(nonsending) public func withConversation<Answer>(
        _ command: Command, _ body: nonisolated(nonsending) (Conversation) async throws -> Answer
    ) async throws -> Answer {
        try Task.checkCancellation()
        let prepared = try PreparedCommand(command, find: find, keepsInputOpen: true)
        let conversation = Conversation(watcher: try ProgramWatcher.shared())
        return try await conversation.run(prepared, body)
    }
}
