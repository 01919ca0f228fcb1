extension WordReader {
    func unknown(long name: String, value: String?) -> String {
        if let value, Schema.builtIn.contains(.long(name)) {
            return "--\(name) takes no value; leave =\(shortened(value)) out"
        }
        let message = "unknown option \(quoted("--\(name)"))"
        return nearest(to: name, among: schema.longNames).map { "\(message); did you mean --\($0)?" } ?? message
    }

    func unknown(short letter: Character, in word: String) -> String {
        if case .long(let name, _) = CommandWord("-\(word)"), schema.longNames.contains(name) {
            return "unknown option \(quoted("-\(name)")); write --\(name) with two dashes"
        }
        let message = "unknown option \(quoted("-\(letter)"))"
        return word.utf8.count > 2 ? "\(message) in \(quoted(word))" : message
    }

    /// The message for an unexpected argument.
    ///
    /// - Parameter last: the option before it, which the word may be another value of.
    func excess(_ word: String, after last: Declaration?) -> String {
        if let typed = withPlainDashes(word) {
            return "\(quoted(word)) begins with a dash that is not the - of options; write \(shortened(typed))"
        }
        let arguments = schema.positionals.map(\.name)
        let message =
            "\(quoted(word)) is one argument too many: \(node.name) takes "
            + (arguments.isEmpty ? "options only" : "\(listed(arguments, "and")) alone")
        guard let last, last.kind == .option, last.repeats else { return message }
        return "\(message); for more values of \(last.name), write \(last.name) \(shortened(word))"
    }

    /// The message for a word that is not a value of the type.
    func mismatch(_ declaration: Declaration, _ word: String) -> String {
        guard declaration.values.isEmpty else {
            let message = "\(quoted(word)) is not \(listed(declaration.values, "or"))"
            return nearest(to: word, among: declaration.values).map { "\(message); did you mean \($0)?" } ?? message
        }
        guard declaration.takesNumbers else { return "\(quoted(word)) is not a <\(declaration.valueName)>" }
        let digits = word.utf8.first == UInt8(ascii: "-") ? word.utf8.dropFirst() : word.utf8[...]
        let isNumber = digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return "\(quoted(word)) is \(isNumber ? "too large a number" : "not a whole number")"
    }
}
