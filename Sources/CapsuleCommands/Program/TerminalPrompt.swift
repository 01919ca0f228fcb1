#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Asks a person at a terminal.
enum TerminalPrompt {
    /// One line that is not shown while it is typed, without its end.
    ///
    /// - Throws: `UsageError` where nobody can be asked, `CancellationError` when the run is stopped meanwhile.
    static func password(_ prompt: String) throws -> [UInt8] {
        guard isatty(STDIN_FILENO) == 1 else {
            throw UsageError(
                "the key needs a password, and there is no terminal to ask at; set CAPSULE_KEY_PASSWORD, or give "
                    + "--password-file FILE")
        }
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw UsageError("the terminal does not take a password; give --password-file FILE")
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
            // Not a read that waits: a signal has to be able to end it, and the terminal to be set right again.
            try Task.checkCancellation()
            var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 100) > 0 else { continue }
            var byte: UInt8 = 0
            guard read(STDIN_FILENO, &byte, 1) == 1, byte != UInt8(ascii: "\n") else { return line }
            line.append(byte)
            guard line.count <= PasswordOptions.maximumSize else {
                throw UsageError("a password has at most \(PasswordOptions.maximumSize) bytes")
            }
        }
    }
}
