internal import CommandParser
internal import DeliveryConfiguration

/// `capsule kargo`
struct KargoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kargo", abstract: "Generate, check and draw the Kargo configuration of the ladder.",
        subcommands: [KargoGenerateCommand.self, KargoLintCommand.self, KargoExplainCommand.self])
}
