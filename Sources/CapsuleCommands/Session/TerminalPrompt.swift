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
    /// - Throws: `UsageError` when stdin is not a terminal, `CancellationError` when the run is stopped meanwhile.
    static func password(_ prompt: String) throws -> [UInt8] {
        guard isatty(STDIN_FILENO) == 1 else {
            throw UsageError(
                "the key requires a password, and stdin is not a terminal; set CAPSULE_KEY_PASSWORD, or give "
                    + "--password-file FILE")
        }
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw UsageError("the terminal cannot hide a password; give --password-file FILE")
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

    private static func readLine() throws -> [UInt8] {
        var line: [UInt8] = []
        while true {
            // A blocking read could not be cancelled by a signal, and the echo would stay off.
            try Task.checkCancellation()
            var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 100) > 0 else { continue }
            var byte: UInt8 = 0
            guard read(STDIN_FILENO, &byte, 1) == 1, byte != UInt8(ascii: "\n") else { return line }
            line.append(byte)
            guard line.count <= maximumPasswordSize else {
                throw UsageError("a password has at most \(maximumPasswordSize) bytes")
            }
        }
    }
}
