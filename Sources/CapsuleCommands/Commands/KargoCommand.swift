internal import CommandParser
internal import DeliveryConfiguration

/// `capsule kargo`
struct KargoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kargo", abstract: "Have Kargo run the ladder: everything it needs, from capsule.yaml.",
        subcommands: [KargoGenerateCommand.self, KargoLintCommand.self, KargoExplainCommand.self])
}
