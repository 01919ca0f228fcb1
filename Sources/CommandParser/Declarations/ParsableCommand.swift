/// A command with its options, arguments and subcommands. A command with subcommands cannot be run itself.
package protocol ParsableCommand: ParsableArguments {
    /// Its name and help.
    static var configuration: CommandConfiguration { get }
}

/// The name and the help of a command.
package struct CommandConfiguration: Sendable {
    /// The command's word on the command line.
    package var commandName: String
    /// A summary in one line.
    package var abstract: String
    /// Further paragraphs, and examples indented by two spaces.
    package var discussion: String
    /// The output of `--version`, for subcommands as well. The outermost command's counts.
    package var version: String
    /// The subcommands, in the order of the help.
    package var subcommands: [any ParsableCommand.Type]

    /// Makes a configuration.
    package init(
        commandName: String, abstract: String, discussion: String = "", version: String = "",
        subcommands: [any ParsableCommand.Type] = []
    ) {
        self.commandName = commandName
        self.abstract = abstract
        self.discussion = discussion
        self.version = version
        self.subcommands = subcommands
    }
}
