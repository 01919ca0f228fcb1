internal import CommandParser
internal import DeliveryConfiguration
internal import Signing

/// `capsule keys generate`
struct KeysGenerateCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Generate a key pair: NAME.key, encrypted with a password, and NAME.pub.",
        discussion: """
            Only the owner can read the private key's file. Existing files are never overwritten.

            Example:
              capsule keys generate --to release
              CAPSULE_KEY_PASSWORD=… capsule keys generate --to release
            """)

    @OptionGroup var to: NewKeyOptions
    @OptionGroup(title: "Password") var password: PasswordOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try to.check()
        try to.write(SigningKey(), password: password.newPassword(session, file: to.privateKey), session)
        return .ok
    }
}
