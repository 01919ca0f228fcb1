/// A program to run: an argument vector (never a shell line), the whole environment, and limits.
public struct Command: Sendable {
    /// The program: an absolute path, or a name to look up on this process's own `PATH`.
    public var executable: String
    /// The arguments after the program's name.
    public var arguments: [String]
    /// The whole environment of the program. Nothing is inherited.
    public var environment: [String: String]
    /// The working directory; nil for this process's own.
    public var workingDirectory: String?
    /// The bytes for its standard input.
    public var input: [UInt8]
    /// The limit for standard output in bytes; a program that prints more is stopped.
    public var outputLimit: Int
    /// The time limit, counted from when it is started; its whole process group is stopped at the end.
    public var deadline: Duration
    /// The limit for its address space in bytes (`RLIMIT_AS`); nil for none. Programs reserve far more than they use: one
    /// written in Go needs 768 MiB to start. Ignored on macOS, which has no such limit.
    public var addressSpaceLimit: Int?
    /// The limit for its heap and private writable mappings in bytes (`RLIMIT_DATA`), which is closer to what it uses; nil for
    /// none. It applies to each process that the program starts. Ignored on macOS.
    public var dataLimit: Int?
    /// How far the program yields the processors to this one and its others: what is added to the niceness of this process, 0
    /// to 19. Ignored on macOS.
    public var niceness = 0

    /// The number of bytes of standard error that are kept: the first 64 KiB, because a Go panic prints its reason first, and
    /// the last 192 KiB, because Git prints `fatal:` last. Printing more is not a failure.
    package static let errorOutputLimit = ErrorOutputBuffer.headLimit + ErrorOutputBuffer.tailLimit

    /// A command with these settings.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String], workingDirectory: String? = nil,
        input: [UInt8] = [], outputLimit: Int = 16 << 20, deadline: Duration = .seconds(120),
        addressSpaceLimit: Int? = nil, dataLimit: Int? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
        self.outputLimit = outputLimit
        self.deadline = deadline
        self.addressSpaceLimit = addressSpaceLimit
        self.dataLimit = dataLimit
    }
}
