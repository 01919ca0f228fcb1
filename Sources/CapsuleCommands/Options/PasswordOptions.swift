internal import CommandParser

/// Where a private key's password comes from. Never an argument: arguments are seen by everyone on the machine.
struct PasswordOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "Read the key's password from this file (default: CAPSULE_KEY_PASSWORD, then COSIGN_PASSWORD, then a prompt).",
            valueName: "file"),
        completion: .file())
    var passwordFile: String?

    /// The longest password that is taken from a file: more is another file by mistake.
    static let maximumSize = 4096

    /// The password of a key that exists.
    func password(_ session: Session, file: String) throws -> [UInt8] {
        if let given = try given(session) { return given }
        return try TerminalPrompt.password("password of \(file): ")
    }

    /// A password for a key that is being made: a person types it twice.
    func newPassword(_ session: Session, file: String) throws -> [UInt8] {
        if let given = try given(session) { return given }
        let password = try TerminalPrompt.password("new password for \(file): ")
        guard try TerminalPrompt.password("the same again: ") == password else {
            throw UsageError("the two passwords differ; nothing was written")
        }
        return password
    }

    private func given(_ session: Session) throws -> [UInt8]? {
        if let passwordFile {
            var content = try InputFile.read(passwordFile, option: "--password-file")
            // One line end is the editor's, not the password's.
            if content.last == UInt8(ascii: "\n") { content.removeLast() }
            if content.last == UInt8(ascii: "\r") { content.removeLast() }
            guard content.count <= Self.maximumSize else {
                throw UsageError(
                    "--password-file \(passwordFile) has \(content.count) bytes; a password has at most \(Self.maximumSize)"
                )
            }
            return content
        }
        for name in ["CAPSULE_KEY_PASSWORD", "COSIGN_PASSWORD"] {
            if let password = session.environment[name] { return Array(password.utf8) }
        }
        return nil
    }
}
