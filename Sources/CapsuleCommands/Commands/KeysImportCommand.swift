internal import CommandParser
internal import Cryptography
internal import DeliveryConfiguration
internal import Signing

/// `capsule keys import`
struct KeysImportCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Encrypt a private key of another program with a password.",
        discussion: """
            Accepts an ECDSA P-256 key as PEM: PKCS#8 (PRIVATE KEY) or SEC 1 (EC PRIVATE KEY). Writes NAME.key and NAME.pub \
            like `keys generate`; the imported file is not changed.

            Example:
              openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem
              capsule keys import --key plain.pem --to release
            """)

    @Option(help: ArgumentHelp("The private key to import.", valueName: "file"), completion: .file())
    var key: String

    @OptionGroup var to: NewKeyOptions
    @OptionGroup(title: "New password") var password: PasswordOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func execute(_ session: Session) async throws -> ExitStatus {
        try to.check()
        let imported = try SigningKey(pem: InputFile.read(key, option: "--key"), file: key) {
            throw UsageError("\(key) is already encrypted in this format; use it without import")
        }
        try to.write(imported, password: password.newPassword(session, file: to.privateKey), session)
        return .ok
    }
}
