/// What a command line wants.
public enum CommandLineRequest: Sendable {
    /// To run a command, which is filled in.
    case command(any ParsableCommand)
    /// To print a text and be done: help, the version, what a shell may offer.
    case text(String)
}

extension ParsableCommand {
    /// Reads a command line.
    ///
    /// Of several mistakes one is told: first those of the words from left to right (unknown, too many, without a value), then
    /// values that cannot be read, then everything that is missing, then what `validate()` says. Help and the version go
    /// before all of them, unless they stand after `--`.
    ///
    /// - Parameter words: the words after the program's name.
    public static func parse(_ words: [String]) throws(CommandLineError) -> CommandLineRequest {
        if words.first == CompletionScript.request {
            return .text(CompletionCandidates(CommandNode(root: self)).lines(words.dropFirst()))
        }
        return try CommandReader(root: CommandNode(root: self)).read(words[...])
    }

    /// The error for something that is wrong with the words of this command, found after they were read.
    ///
    /// - Parameter command: the command that was read.
    public static func error(_ message: String, in command: any ParsableCommand) -> CommandLineError {
        let root = CommandNode(root: self)
        return (root.descendants.first { $0.type == type(of: command) } ?? root).error(message)
    }

    /// What makes no sense in the declarations of this command and those below it: names that are declared twice, arguments
    /// that cannot be told apart. A program has a test that there is none.
    public static func declarationFaults() -> [String] {
        let root = CommandNode(root: self)
        return ([root] + root.descendants).flatMap { node in
            let names = node.childNames
            let twice = Set(names.filter { name in names.count { $0 == name } > 1 }).sorted()
            return (twice.map { "\($0) is declared twice" } + Schema(node.type.init()).faults).map {
                "\(node.name): \($0)"
            }
        }
    }
}
