internal import CommandParser
internal import DeliveryConfiguration

/// `capsule review`
struct ReviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "review", abstract: "Work with the review branches of stages.",
        subcommands: [ReviewPruneCommand.self])
}
