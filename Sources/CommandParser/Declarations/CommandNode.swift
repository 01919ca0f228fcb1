/// A command in the tree, with the words of its path.
struct CommandNode: Sendable {
    /// The words, the program's name first.
    let path: [String]
    let type: any ParsableCommand.Type
    let configuration: CommandConfiguration

    init(root type: any ParsableCommand.Type) { self.init(type, below: []) }

    private init(_ type: any ParsableCommand.Type, below path: [String]) {
        self.type = type
        configuration = type.configuration
        self.path = path + [configuration.commandName]
    }

    /// The words with spaces between them.
    var name: String { path.joined(separator: " ") }

    /// True for a command with subcommands.
    var isBranch: Bool { !configuration.subcommands.isEmpty }

    var children: [CommandNode] { configuration.subcommands.map { CommandNode($0, below: path) } }

    var childNames: [String] { configuration.subcommands.map { $0.configuration.commandName } }

    /// The commands on all levels below it that can be run.
    var leaves: [CommandNode] { children.flatMap { $0.isBranch ? $0.leaves : [$0] } }

    /// The commands on all levels below it.
    var descendants: [CommandNode] { children.flatMap { [$0] + $0.descendants } }

    func child(_ name: String) -> CommandNode? {
        configuration.subcommands.first { $0.configuration.commandName == name }.map { CommandNode($0, below: path) }
    }
}
