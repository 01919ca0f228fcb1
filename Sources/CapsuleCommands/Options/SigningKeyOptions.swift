internal import CommandParser
internal import Signing

/// The private key of a command that signs.
struct SigningKeyOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The private key: a file, or env://NAME for an environment variable.", valueName: "file"),
        completion: .file(extensions: ["key", "pem"]))
    var key: String

    /// Reads the key, with its password if it is encrypted.
    func load(_ session: Session, _ password: PasswordOptions) throws -> SigningKey {
        try Self.load(key, session, password)
    }

    static func load(
        _ key: String, _ session: Session, _ password: PasswordOptions, option: String = "--key"
    ) throws -> SigningKey {
        let content: [UInt8]
        if key.hasPrefix("env://") {
            guard let text = session.environment[String(key.dropFirst(6))] else {
                throw UsageError("\(option) \(key): the environment variable is not set")
            }
            content = Array(text.utf8)
        } else {
            content = try InputFile.read(key, option: option)
        }
        return try SigningKey(pem: content, file: key) { try password.password(session, file: key) }
    }
}
