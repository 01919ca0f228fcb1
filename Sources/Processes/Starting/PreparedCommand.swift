internal import Support

/// A validated command with the path of its program.
struct PreparedCommand: Sendable {
    let command: Command
    /// The absolute path of the program.
    let path: String
    /// True when standard input is a pipe; false when it is empty.
    let hasInput: Bool

    var name: String { command.executable }
    var arguments: [String] { [path] + command.arguments }
    var environment: [String] { command.environment.map { "\($0)=\($1)" } }

    /// - Throws: `CommandError.Code.notFound`; `.failed` for values that C strings and environment blocks cannot contain: the
    ///   program would receive other values.
    init(_ command: Command, find: (String) -> String?, keepsInputOpen: Bool) throws(CommandError) {
        func failure(_ why: String) -> CommandError {
            CommandError(.failed, "\(Self.printable(command.executable)) could not be run: \(why)")
        }
        guard !command.executable.contains(byte: 0) else { throw failure("its name contains a NUL byte") }
        if let index = command.arguments.firstIndex(where: { $0.contains(byte: 0) }) {
            throw failure("its argument \(index + 1) contains a NUL byte")
        }
        guard command.workingDirectory?.contains(byte: 0) != true else {
            throw failure("the name of its working directory contains a NUL byte")
        }
        for (name, value) in command.environment {
            guard !name.isEmpty else { throw failure("a variable of its environment has no name") }
            guard !name.contains(byte: 0), !name.contains(byte: UInt8(ascii: "=")) else {
                throw failure("the name of its variable \(Self.printable(name)) contains a NUL byte or an equals sign")
            }
            guard !value.contains(byte: 0) else {
                throw failure("the value of its variable \(name) contains a NUL byte")
            }
        }
        for limit in [command.addressSpaceLimit, command.dataLimit] {
            // 0 bytes would mean no limit further down.
            if let limit, limit <= 0 { throw failure("a memory limit of \(limit) bytes is not possible") }
        }
        guard let path = find(command.executable) else { throw .missing(command.executable) }
        self.command = command
        self.path = path
        self.hasInput = keepsInputOpen || !command.input.isEmpty
    }

    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value == 0 ? Character("\u{2400}") : Character($0) })
    }
}

extension CommandError {
    static func missing(_ name: String) -> CommandError {
        CommandError(.notFound, "there is no program \(name) on PATH; install it")
    }
}
