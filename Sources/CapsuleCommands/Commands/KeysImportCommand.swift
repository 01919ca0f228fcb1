internal import CommandParser
internal import Cryptography
internal import DeliveryConfiguration
internal import Signing

/// `capsule keys import`
struct KeysImportCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Put a private key that another program made under a password.",
        discussion: """
            Takes an ECDSA P-256 key as PEM: PKCS#8 (PRIVATE KEY) or SEC 1 (EC PRIVATE KEY). Writes NAME.key and NAME.pub as \
            generate does; the key that was imported stays as it is.

            Example:
              openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem
              capsule keys import --key plain.pem --to release
            """)

    @Option(help: ArgumentHelp("The private key to import.", valueName: "file"), completion: .file())
    var key: String

    @OptionGroup var to: NewKeyOptions
    @OptionGroup(title: "The new password") var password: PasswordOptions
    @OptionGroup(title: "Options of every command") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try to.check()
        let imported = try SigningKey(pem: InputFile.read(key, option: "--key"), file: key) {
            throw UsageError("\(key) is encrypted in this format already; use it as it is")
        }
        try to.write(imported, password: password.newPassword(session, file: to.privateKey), session)
        return .ok
    }
}
