/// The result of parsing a command line.
package enum CommandLineRequest: Sendable {
    /// A command to run, with its values.
    case command(any ParsableCommand)
    /// A text to print: help, the version, completions.
    case text(String)
}

extension ParsableCommand {
    /// Parses a command line.
    ///
    /// One error of several is reported: first those in the words from left to right (unknown, too many, without a value),
    /// then invalid values, then everything that is missing, then that of `validate()`. Help and version take precedence,
    /// unless they follow `--`.
    ///
    /// - Parameter words: the words after the program's name.
    package static func parse(_ words: [String]) throws(CommandLineError) -> CommandLineRequest {
        if words.first == CompletionScript.request {
            return .text(CompletionCandidates(CommandNode(root: self)).lines(words.dropFirst()))
        }
        return try CommandReader(root: CommandNode(root: self)).read(words[...])
    }

    /// An error in the words of this command that was found after parsing.
    ///
    /// - Parameter command: the parsed command.
    package static func error(_ message: String, in command: any ParsableCommand) -> CommandLineError {
        let root = CommandNode(root: self)
        return (root.descendants.first { $0.type == type(of: command) } ?? root).error(message)
    }

    /// The faults in the declarations of this command and its subcommands: duplicate names, ambiguous arguments. A program
    /// tests that there are none.
    package static func declarationFaults() -> [String] {
        let root = CommandNode(root: self)
        return ([root] + root.descendants).flatMap { node in
            let names = node.childNames
            let twice = Set(names.filter { name in names.count { $0 == name } > 1 }).sorted()
            return (twice.map { "\($0) is declared twice" } + Schema(node.type).faults).map {
                "\(node.name): \($0)"
            }
        }
    }
}
