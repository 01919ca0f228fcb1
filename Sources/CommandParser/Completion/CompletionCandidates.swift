/// The completions of a command line.
///
/// The output for a shell has a line for each candidate: a whole word, a tab and its help; or one line that tells the shell to
/// complete files: `:directory`, `:file`, or `:file` and extensions.
struct CompletionCandidates {
    private let root: CommandNode

    init(_ root: CommandNode) { self.root = root }

    /// - Parameter words: the words after the program's name; the last one is being typed, and may be empty.
    func lines(_ words: some Collection<String>) -> String {
        var rest = words.dropLast()[...]
        let current = Array(words.suffix(1)).first ?? ""
        var node = root
        var isHelp = false
        while node.isBranch, let word = rest.popFirst() {
            if let child = node.child(word) {
                node = child
            } else if word == "help" {
                isHelp = true
            } else if CommandWord(word).isValue {
                return ""
            }
        }
        if isHelp { return Self.lines(rest.isEmpty ? Self.subcommands(node) : [], current) }
        guard node.isBranch else { return CommandCompletion(node).lines(rest, current) }
        let isOption = current.utf8.first == UInt8(ascii: "-")
        return Self.lines(
            isOption ? Self.builtIn : Self.subcommands(node) + [("help", "Show help information")], current)
    }

    private static func subcommands(_ node: CommandNode) -> [(word: String, help: String)] {
        node.children.map { (word: $0.configuration.commandName, help: $0.configuration.abstract) }
    }

    static let builtIn = [
        (word: "--help", help: "Show help information"), (word: "--version", help: "Show the version"),
    ]

    /// The candidates with the prefix that was typed.
    static func lines(_ candidates: [(word: String, help: String)], _ current: String) -> String {
        candidates.filter { $0.word.utf8.starts(with: current.utf8) }.map { word, help in
            help.isEmpty ? word : "\(word)\t\(summary(help))"
        }.joined(separator: "\n")
    }

    /// The beginning of a help text, short enough for a candidate.
    private static func summary(_ help: String) -> Substring {
        let ends = [". ", "; ", ": ", " ("].compactMap { help.firstRange(of: $0)?.lowerBound }
        let text = help[..<(ends.min() ?? help.endIndex)]
        return text.last == "." ? text.dropLast() : text
    }
}

extension CommandWord {
    fileprivate var isValue: Bool {
        if case .value = self { true } else { false }
    }
}
