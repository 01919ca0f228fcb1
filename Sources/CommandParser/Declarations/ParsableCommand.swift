/// A command: what it takes, and its place among other commands. One with subcommands only holds them and does nothing itself.
public protocol ParsableCommand: ParsableArguments {
    /// What it is called, and what its help says.
    static var configuration: CommandConfiguration { get }
}

/// What a command is called, and what its help says.
public struct CommandConfiguration: Sendable {
    /// The word on the command line.
    public var commandName: String
    /// What it does, in a line.
    public var abstract: String
    /// What else there is to know: paragraphs, and examples with two spaces before them.
    public var discussion: String
    /// What `--version` prints, below this command as well. The outermost command's counts.
    public var version: String
    /// The commands below it, in the order of its help.
    public var subcommands: [any ParsableCommand.Type]

    /// Makes a configuration.
    public init(
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
