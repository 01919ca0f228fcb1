/// Parses the words of a command that can be run.
struct WordReader {
    /// A word that was assigned to a declaration.
    struct Occurrence {
        var index: Int
        var word: String
    }

    let node: CommandNode
    let command: any ParsableCommand
    let schema: Schema
    private let version: String

    init(_ node: CommandNode, version: String) {
        self.node = node
        (command, schema) = Schema.making(node.type)
        self.version = version
    }

    func read(_ words: ArraySlice<String>) throws(CommandLineError) -> CommandLineRequest {
        if let text = builtIn(words) { return .text(text) }
        let occurrences = try occurrences(words)
        var isGiven = [Bool](repeating: false, count: schema.declarations.count)
        for occurrence in occurrences {
            isGiven[occurrence.index] = true
            try convert(occurrence)
        }
        let missing = zip(schema.declarations, isGiven).filter { $0.isRequired && !$1 }.map(\.0.synopsis)
        guard missing.isEmpty else { throw node.error("missing \(listed(missing, "and"))") }
        for part in schema.parts {
            do {
                try part.validate()
            } catch {
                throw node.error("\(error)")
            }
        }
        return .command(command)
    }

    private func convert(_ occurrence: Occurrence) throws(CommandLineError) {
        let declaration = schema.declarations[occurrence.index]
        do {
            try declaration.accept(occurrence.word)
        } catch is NotOfType {
            throw node.error("\(declaration.name): \(mismatch(declaration, occurrence.word))")
        } catch {
            throw node.error("\(declaration.name): \(error)")
        }
    }

    /// The help or the version, regardless of other errors.
    private func builtIn(_ words: ArraySlice<String>) -> String? {
        for word in words.prefix(while: { $0 != "--" }) {
            switch CommandWord(word) {
            case .long("help", nil): return HelpText(node).text
            case .long("version", nil): return version
            // -h, and -vh where -v is a flag.
            case .short(let letters) where letters.contains("h") && letters.allSatisfy(isFlag):
                return HelpText(node).text
            default: continue
            }
        }
        return nil
    }

    private func isFlag(_ letter: Character) -> Bool {
        letter == "h" || schema.named[.short(letter)].map { schema.declarations[$0.index].kind == .flag } ?? false
    }
}
