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
    /// How long it may run; then its whole process group is killed.
    public var deadline: Duration

    /// Standard error is cut here: 256 KiB says what went wrong in any program worth running.
    public static let errorOutputLimit = 256 << 10

    /// Describes a run.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String], workingDirectory: String? = nil,
        input: [UInt8] = [], outputLimit: Int = 16 << 20, deadline: Duration = .seconds(120)
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.input = input
        self.outputLimit = outputLimit
        self.deadline = deadline
    }
}

/// What a program did. A status other than 0 is an answer, not an error.
public struct CommandResult: Sendable {
    /// The exit status, or 128 and the number of the signal that ended it, as shells count.
    public var status: Int32
    /// What it printed on standard output.
    public var output: [UInt8]
    /// What it printed on standard error, as text.
    public var errorOutput: String

    /// Whether the status is 0.
    public var succeeded: Bool { status == 0 }
    /// Standard output as text, without the line ends at its end.
    public var text: String {
        var bytes = output[...]
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reports a run.
    public init(status: Int32, output: [UInt8], errorOutput: String) {
        self.status = status
        self.output = output
        self.errorOutput = errorOutput
    }
}

/// Why a program could not be run to its end.
public struct CommandError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable {
        /// There is no such program on `PATH`, or it cannot be started.
        case notFound = "not-found"
        /// It ran past its deadline and was killed.
        case deadline
        /// It printed more than its limit and was killed.
        case outputLimit = "output-limit"
        /// Talking to it failed.
        case failed
    }

    /// The kind of failure.
    public let code: Code
    /// What happened.
    public let description: String

    /// Describes a failure.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// Runs programs. The one seam between the libraries and other people's binaries.
public protocol CommandRunner: Sendable {
    /// Runs a program to its end.
    ///
    /// - Throws: `CommandError`, or `CancellationError` after killing the program when the task is cancelled.
    func run(_ command: Command) async throws -> CommandResult

    /// The absolute path of a program on this process's `PATH`; nil when it is not there.
    func find(_ name: String) -> String?
}
