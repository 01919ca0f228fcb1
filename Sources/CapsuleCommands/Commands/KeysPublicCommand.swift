internal import CommandParser
internal import DeliveryConfiguration
internal import OCI
internal import Signing

/// `capsule keys public`
struct KeysPublicCommand: Subcommand {
    static let configuration = CommandConfiguration(
        commandName: "public", abstract: "Print the public key of a private key.",
        discussion: """
            Example:
              capsule keys public --key release.key > release.pub
            """)

    @OptionGroup var key: SigningKeyOptions
    @OptionGroup(title: "Password") var password: PasswordOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    private struct Result: Encodable {
        var schemaVersion = JSONOutput.schemaVersion
        var publicKey: String
        var fingerprint: Digest
    }

    func execute(_ session: Session) async throws -> ExitStatus {
        let publicKey = try key.load(session, password).verificationKey
        session.console.result(
            Result(publicKey: publicKey.pem, fingerprint: publicKey.fingerprint), text: publicKey.pem)
        return .ok
    }
}
