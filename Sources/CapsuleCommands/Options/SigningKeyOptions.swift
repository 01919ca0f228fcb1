internal import CommandParser
internal import Signing

/// The private key that a command signs with.
struct SigningKeyOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            "The private key: a file, or env://NAME for one that an environment variable holds.", valueName: "file"),
        completion: .file(extensions: ["key", "pem"]))
    var key: String

    /// Reads the key, asking for its password where it has one.
    func load(_ session: Session, _ password: PasswordOptions) throws -> SigningKey {
        try Self.load(key, session, password)
    }

    static func load(
        _ key: String, _ session: Session, _ password: PasswordOptions, option: String = "--key"
    ) throws -> SigningKey {
        let content: [UInt8]
        if key.hasPrefix("env://") {
            guard let text = session.environment[String(key.dropFirst(6))] else {
                throw UsageError("\(option) \(key): there is no such environment variable")
            }
            content = Array(text.utf8)
        } else {
            content = try InputFile.read(key, option: option)
        }
        return try SigningKey(pem: content, file: key) { try password.password(session, file: key) }
    }
}
