/// Finds the command that a command line names, and parses its words.
struct CommandReader {
    let root: CommandNode

    func read(_ words: ArraySlice<String>) throws(CommandLineError) -> CommandLineRequest {
        var node = root
        var rest = words
        while node.isBranch {
            guard let word = rest.popFirst() else { return .text(HelpText(node).text) }
            guard let child = node.child(word) else { return .text(try text(node, word, rest)) }
            node = child
        }
        return try WordReader(node, version: root.configuration.version).read(rest)
    }

    /// The response to a word that is not a subcommand.
    private func text(
        _ node: CommandNode, _ word: String, _ rest: ArraySlice<String>
    ) throws(CommandLineError) -> String {
        if word == "help" { return try help(node, rest) }
        switch CommandWord(word) {
        case .value, .end:
            throw node.error(unknown(word, in: node))
        case .long, .short:
            for word in ([word] + rest).prefix(while: { $0 != "--" }) {
                if word == "--help" || word == "-h" { return HelpText(node).text }
                if word == "--version" { return root.configuration.version }
            }
            throw node.error(misplaced(word, before: rest, in: node))
        }
    }

    /// The help of the command with a path. `help help` is the help of the enclosing command.
    private func help(_ node: CommandNode, _ path: ArraySlice<String>) throws(CommandLineError) -> String {
        var node = node
        for word in path where !["--help", "-h"].contains(word) {
            if word == "help", node.isBranch { continue }
            guard let child = node.child(word) else { throw node.error(unknown(word, in: node)) }
            node = child
        }
        return HelpText(node).text
    }

    private func unknown(_ word: String, in node: CommandNode) -> String {
        guard node.isBranch else { return "\(node.name) has no subcommands; leave \(quoted(word)) out" }
        let message = "\(node.name) has no subcommand \(quoted(word))"
        if let typed = withPlainDashes(word) {
            return "\(message), whose dash is not the - of options; write \(shortened(typed))"
        }
        let exact = node.descendants.filter { $0.path.last == word }.map { "`\($0.name)`" }
        if !exact.isEmpty { return "\(message); did you mean \(listed(exact, "or"))?" }
        if let near = nearest(to: word, among: node.childNames + ["help"]) {
            return "\(message); did you mean \(near)?"
        }
        let deep = node.children.flatMap(\.descendants).map(\.path)
        guard let near = nearest(to: word, among: deep.compactMap(\.last)) else { return message }
        let names = deep.filter { $0.last == near }.map { "`\($0.joined(separator: " "))`" }
        return "\(message); did you mean \(listed(names, "or"))?"
    }

    /// The message for an option in the place of a subcommand.
    private func misplaced(_ word: String, before rest: ArraySlice<String>, in node: CommandNode) -> String {
        let name: OptionName
        switch CommandWord(word) {
        case .long(let long, let value?) where Schema.builtIn.contains(.long(long)):
            return "--\(long) takes no value; leave =\(shortened(value)) out"
        case .long(let long, _): name = .long(long)
        case .short(let letters): name = .short(letters.first ?? "-")
        case .value, .end: return unknown(word, in: node)
        }
        let takers = node.leaves.filter { Schema($0.type).named[name] != nil }
        if let leaf = takers.first(where: { rest.contains($0.path[node.path.count]) }) ?? takers.first {
            return "\(name) goes after the subcommand, as in `\(leaf.name) \(name)`"
        }
        let message = "unknown option \(quoted("\(name)"))"
        guard case .long(let long) = name, let near = nearest(to: long, among: ["help", "version"]) else {
            return message
        }
        return "\(message); did you mean --\(near)?"
    }
}
