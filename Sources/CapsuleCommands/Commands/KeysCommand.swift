internal import CommandParser
internal import DeliveryConfiguration

/// `capsule keys`
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make and convert the keys that releases are signed with.",
        discussion: """
            ECDSA P-256, in cosign's file formats: keys of either program work in the other.

            Example:
              capsule keys generate --to release
              capsule keys public --key release.key
            """,
        subcommands: [KeysGenerateCommand.self, KeysPublicCommand.self, KeysImportCommand.self])
}
