internal import CommandParser
internal import DeliveryConfiguration

/// `capsule keys`
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Generate, import and export keys.",
        discussion: """
            ECDSA P-256 keys in cosign's file formats. cosign reads the keys of this program, and this program reads \
            cosign's.

            Example:
              capsule keys generate --to release
              capsule keys public --key release.key
            """,
        subcommands: [KeysGenerateCommand.self, KeysPublicCommand.self, KeysImportCommand.self])
}
