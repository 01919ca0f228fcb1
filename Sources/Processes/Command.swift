/// A program to run: an argument vector, never a shell line, with everything it may see and use spelled out.
public struct Command: Sendable {
    /// The program: an absolute path, or a name to look up on this process's own `PATH`.
    public var executable: String
    /// The arguments after the program's name.
    public var arguments: [String]
    /// The whole environment of the program. Nothing is inherited.
    public var environment: [String: String]
    /// The directory it runs in; nil for this process's own.
    public var workingDirectory: String?
    /// What it reads on standard input.
    public var input: [UInt8]
    /// The most bytes it may print on standard output; one more ends it.
    public var outputLimit: Int
    /// How long it may run, from when it is its turn to be started; then its whole process group is ended.
    public var deadline: Duration
    /// The most bytes of address space it may map (`RLIMIT_AS`); nil for no limit of ours. Programs reserve far more than
    /// they use: one written in Go needs 768 MiB to start at all. Not held on macOS, which has no such limit.
    public var addressSpaceLimit: Int?
    /// The most bytes of memory of its own it may have (`RLIMIT_DATA`: heap and private writable mappings), which is nearer to
    /// what it uses; nil for no limit of ours. Each process that it starts has the same limit again. Not held on macOS.
    public var dataLimit: Int?

    /// Of standard error this much is kept, in bytes: the first 64 KiB, for a program that dies of a panic says why first, and
    /// the last 192 KiB, for Git says `fatal:` last. Printing more is not a failure.
    public static let errorOutputLimit = KeptErrorOutput.headLimit + KeptErrorOutput.tailLimit

    /// Describes a run.
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
