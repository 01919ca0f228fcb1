public import ArgumentParser

/// The `capsule` command: its subcommands and the help a user sees first.
public struct Capsule: AsyncParsableCommand {
    /// The name, the one-line purpose and the subcommands.
    public static let configuration = CommandConfiguration(
        commandName: "capsule",
        abstract: "Make a release one immutable OCI object, and promote exactly that.",
        version: "0.1.0"
    )

    /// Makes the command; ArgumentParser fills it in.
    public init() {}

    /// Parses the process's arguments and runs what they ask for.
    public static func start() async {
        await main()
    }
}
