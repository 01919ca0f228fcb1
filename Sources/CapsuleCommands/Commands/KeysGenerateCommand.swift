internal import CommandParser
internal import DeliveryConfiguration
internal import Signing

/// `capsule keys generate`
struct KeysGenerateCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make a key pair: NAME.key under a password, and NAME.pub.",
        discussion: """
            The private key's file can be read by its owner only. Files that exist are never overwritten.

            Example:
              capsule keys generate --to release
              CAPSULE_KEY_PASSWORD=… capsule keys generate --to release
            """)

    @OptionGroup var to: NewKeyOptions
    @OptionGroup(title: "The password") var password: PasswordOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try to.check()
        try to.write(SigningKey(), password: password.newPassword(session, file: to.privateKey), session)
        return .ok
    }
}
