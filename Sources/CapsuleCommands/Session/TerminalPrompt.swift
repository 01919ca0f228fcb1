#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Prompts at a terminal.
enum TerminalPrompt {
    /// The maximum size of a password in bytes. A longer file is most likely not a password file.
    static let maximumPasswordSize = 4096

    /// Reads one line that is not shown while it is typed.
    ///
    /// - Parameters:
    ///   - missing: what cannot be read without a terminal: `the key requires a password`.
    ///   - remedy: what to do without a terminal.
    /// - Throws: `UsageError` when stdin is not a terminal, `CancellationError` when the run is stopped meanwhile.
    static func password(_ prompt: String, missing: String, remedy: String) throws -> [UInt8] {
        try requireTerminal(missing: missing, remedy: remedy)
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw UsageError("the terminal cannot hide a password; \(remedy)")
        }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        defer {
            var restored = before
            tcsetattr(STDIN_FILENO, TCSANOW, &restored)
            Console.write("\n", to: .error)
        }
        Console.write(prompt, to: .error)
        return try readLine()
    }

    /// Reads one line that is shown while it is typed.
    ///
    /// - Throws: as `password(_:missing:remedy:)`
    static func line(_ prompt: String, missing: String, remedy: String) throws -> [UInt8] {
        try requireTerminal(missing: missing, remedy: remedy)
        Console.write(prompt, to: .error)
        return try readLine()
    }

    private static func requireTerminal(missing: String, remedy: String) throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw UsageError("\(missing), and stdin is not a terminal; \(remedy)")
        }
    }

    /// Waits until stdin has bytes or is at its end. A blocking read could not be cancelled by a signal, and the
    /// echo of a password would stay off.
    ///
    /// - Throws: `CancellationError`
    static func waitForInput() throws {
        while true {
            try Task.checkCancellation()
            var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            if poll(&ready, 1, 100) > 0 { return }
        }
    }

    private static func readLine() throws -> [UInt8] {
        var line: [UInt8] = []
        while true {
            try waitForInput()
            var byte: UInt8 = 0
            guard read(STDIN_FILENO, &byte, 1) == 1, byte != UInt8(ascii: "\n") else { return line }
            line.append(byte)
            guard line.count <= maximumPasswordSize else {
                throw UsageError("a password has at most \(maximumPasswordSize) bytes")
            }
        }
    }
}
