internal import CommandParser

/// The source of a private key's password. A password is never an argument, because every user of the machine can read
/// arguments.
struct PasswordOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The file of the key's password (default: $CAPSULE_KEY_PASSWORD, then $COSIGN_PASSWORD, then a prompt).",
            valueName: "file"),
        completion: .file())
    var passwordFile: String?

    /// The password of an existing key.
    func password(_ session: Session, file: String) throws -> [UInt8] {
        if let given = try given(session) { return given }
        return try prompt("password of \(file): ")
    }

    /// The password of a new key, which a person types twice.
    func newPassword(_ session: Session, file: String) throws -> [UInt8] {
        if let given = try given(session) { return given }
        let password = try prompt("new password for \(file): ")
        guard try prompt("repeat the password: ") == password else {
            throw UsageError("the two passwords differ; nothing was written")
        }
        return password
    }

    private func prompt(_ text: String) throws -> [UInt8] {
        try TerminalPrompt.password(
            text, missing: "the key requires a password",
            remedy: "set CAPSULE_KEY_PASSWORD, or give --password-file FILE")
    }

    private func given(_ session: Session) throws -> [UInt8]? {
        if let passwordFile {
            var content = try InputFile.read(passwordFile, option: "--password-file")
            // Editors add one line end, which is not part of the password.
            if content.last == UInt8(ascii: "\n") { content.removeLast() }
            if content.last == UInt8(ascii: "\r") { content.removeLast() }
            guard content.count <= TerminalPrompt.maximumPasswordSize else {
                throw UsageError(
                    "--password-file \(passwordFile) has \(content.count) bytes; a password has at most "
                        + "\(TerminalPrompt.maximumPasswordSize)"
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
