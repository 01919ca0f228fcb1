extension WordReader {
    /// Assigns words to declarations. Throws the first error from the left.
    func occurrences(_ words: ArraySlice<String>) throws(CommandLineError) -> [Occurrence] {
        var words = words
        var found: [Occurrence] = []
        var arguments = schema.declarations.indices.filter { schema.declarations[$0].kind == .argument }[...]
        var hasEnded = false
        var last: Declaration?

        while let word = words.popFirst() {
            var kind = hasEnded ? .value : CommandWord(word)
            if let next = arguments.first, schema.declarations[next].takesNumbers, Int(word) != nil { kind = .value }
            switch kind {
            case .end:
                hasEnded = true
            case .value:
                guard let index = arguments.first else { throw node.error(excess(word, after: last)) }
                if !hasEnded, let typed = withPlainDashes(word), isOption(typed) {
                    throw node.error(
                        "\(quoted(word)) begins with a dash that is not the - of options; write \(shortened(typed))")
                }
                guard !word.isEmpty else { throw node.error("\(schema.declarations[index].name) is empty") }
                found.append(Occurrence(index: index, word: word))
                if !schema.declarations[index].repeats { arguments.removeFirst() }
                last = nil
            case .long(let name, let value):
                guard let (index, saysYes) = schema.named[.long(name)] else {
                    throw node.error(unknown(long: name, value: value))
                }
                let declaration = schema.declarations[index]
                let word = try self.value(of: declaration, .long(name), value, saysYes: saysYes, &words)
                found.append(Occurrence(index: index, word: word))
                last = declaration
            case .short(var letters):
                while let letter = letters.popFirst() {
                    guard let (index, saysYes) = schema.named[.short(letter)] else {
                        throw node.error(unknown(short: letter, in: word))
                    }
                    let declaration = schema.declarations[index]
                    var value: String?
                    if letters.first == "=" {
                        value = String(letters.dropFirst())
                    } else if declaration.kind == .option, !letters.isEmpty {
                        value = String(letters)
                    }
                    if value != nil { letters = "" }
                    let word = try self.value(of: declaration, .short(letter), value, saysYes: saysYes, &words)
                    found.append(Occurrence(index: index, word: word))
                    last = declaration
                }
            }
        }
        return found
    }

    /// The value of an option: the text after `=`, or the next word. The value of a flag is `true` or `false`.
    private func value(
        of declaration: Declaration, _ name: OptionName, _ attached: String?, saysYes: Bool,
        _ words: inout ArraySlice<String>
    ) throws(CommandLineError) -> String {
        guard declaration.kind == .option else {
            guard let attached else { return saysYes ? "true" : "false" }
            throw node.error("\(name) takes no value; leave =\(shortened(attached)) out")
        }
        let synopsis = "\(name) <\(declaration.valueName)>"
        var value = attached
        if value == nil, let next = words.first {
            let isNumber = declaration.takesNumbers && Int(next) != nil
            if !isNumber, next.utf8.first == UInt8(ascii: "-"), next.utf8.count > 1 {
                throw node.error(
                    "\(name) needs a value before \(quoted(next)); write \(name)=\(shortened(next)) if that is the value"
                )
            }
            value = words.removeFirst()
        }
        guard let value else { throw node.error("\(name) needs a value: \(synopsis)") }
        guard !value.isEmpty else { throw node.error("\(name) needs a value that is not empty: \(synopsis)") }
        return value
    }

    private func isOption(_ word: String) -> Bool {
        switch CommandWord(word) {
        case .long(let name, _): schema.longNames.contains(name)
        // Many editors replace two dashes by an en dash.
        case .short(let letters): schema.named[.short(letters.first ?? "-")] != nil
        case .value, .end: false
        }
    }
}
