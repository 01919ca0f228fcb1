/// The completions after the words of one command.
struct CommandCompletion {
    private let schema: Schema
    /// The options that were given and cannot be repeated.
    private var used: Set<Int> = []
    /// The number of arguments that were given.
    private var position = 0
    /// True after `--`.
    private var hasEnded = false
    /// The option whose value is next.
    private var pending: Declaration?

    init(_ node: CommandNode) { schema = Schema(node.type) }

    func lines(_ words: some Sequence<String>, _ current: String) -> String {
        var state = self
        for word in words { state.read(word) }
        if let pending = state.pending { return Self.values(pending, current) }
        switch state.hasEnded ? .value : CommandWord(current) {
        case .long(let name, let value?):
            guard let (index, _) = schema.named[.long(name)], schema.declarations[index].kind == .option else {
                return ""
            }
            return Self.values(schema.declarations[index], value, after: "--\(name)=")
        case .long, .short, .end:
            return CompletionCandidates.lines(state.options + CompletionCandidates.builtIn, current)
        // A lone dash is more often the beginning of an option than a value.
        case .value where current == "-" && !state.hasEnded:
            return CompletionCandidates.lines(state.options + CompletionCandidates.builtIn, current)
        case .value:
            return state.argument.map { Self.values($0, current) } ?? ""
        }
    }

    private mutating func read(_ word: String) {
        if pending != nil {
            pending = nil
            return
        }
        let name: OptionName
        var hasValue = false
        switch hasEnded ? .value : CommandWord(word) {
        case .value:
            position += 1
            return
        case .end:
            hasEnded = true
            return
        case .long(let long, let value):
            name = .long(long)
            hasValue = value != nil
        case .short(let letters):
            name = .short(letters.last ?? "-")
        }
        guard let (index, _) = schema.named[name] else { return }
        let declaration = schema.declarations[index]
        if !declaration.repeats { used.insert(index) }
        if declaration.kind == .option, !hasValue { pending = declaration }
    }

    private var options: [(word: String, help: String)] {
        schema.declarations.indices.filter { !used.contains($0) }.flatMap { index in
            let declaration = schema.declarations[index]
            return (declaration.names + declaration.negations).map { (word: "\($0)", help: declaration.help) }
        }
    }

    private var argument: Declaration? {
        let arguments = schema.positionals
        if arguments.indices.contains(position) { return arguments[position] }
        return arguments.last.flatMap { $0.repeats ? $0 : nil }
    }

    /// - Parameter lead: the text before the value in its word.
    private static func values(_ declaration: Declaration, _ current: String, after lead: String = "") -> String {
        switch declaration.completion {
        case .none: ""
        case .directory: ":directory"
        case .file(let extensions): ([":file"] + extensions).joined(separator: " ")
        case .list(let words): CompletionCandidates.lines(words.map { (word: lead + $0, help: "") }, lead + current)
        }
    }
}
