internal import Support

/// A mapping of a document that we own, read strictly: what is not expected is an error that names the key, the file and
/// the line.
package struct YAMLFields {
    /// What the text is called in messages.
    package let file: String
    /// The key path of this mapping, such as `image`; empty at the top.
    package let path: String
    /// The line it starts on.
    package let line: Int
    private let entries: [YAMLEntry]

    /// Takes a mapping whose keys are all in `keys`.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    package init(_ node: YAMLNode, file: String, path: String = "", keys: [String]) throws(DocumentError) {
        guard let entries = node.mapping else {
            throw DocumentError(
                .invalidDocument,
                "\(file):\(node.line): \(path.isEmpty ? "the document" : path) is not a mapping; write key: value pairs"
            )
        }
        self.file = file
        self.path = path
        self.line = node.line
        self.entries = entries
        for entry in entries where !keys.contains(entry.key) {
            throw DocumentError(
                .invalidDocument,
                "\(file):\(entry.line): unknown key \(quoted(entry.key))\(path.isEmpty ? "" : " in \(path)"); "
                    + "known here: \(keys.joined(separator: ", "))")
        }
    }

    /// An error at a line of this document.
    package func failure(_ message: String, line: Int? = nil) -> DocumentError {
        DocumentError(.invalidDocument, "\(file):\(line ?? self.line): \(message)")
    }

    /// The key path of a key here.
    package func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value of a key; nil when the key is absent. A key without a value is an error.
    package func node(_ key: String) throws(DocumentError) -> YAMLNode? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        guard !entry.value.isNull else {
            throw failure("\(name(key)) has no value; write one, or leave the key out", line: entry.line)
        }
        return entry.value
    }

    /// The value of a key that must be there.
    package func required(_ key: String) throws(DocumentError) -> YAMLNode {
        guard let node = try node(key) else { throw failure("\(name(key)) is missing; add it") }
        return node
    }

    /// The text of a key; nil when the key is absent.
    ///
    /// A plain scalar that YAML readers take for a number or a truth value is an error: some commit ids and tags look like
    /// numbers, and another reader would see another value.
    package func string(_ key: String) throws(DocumentError) -> String? {
        guard let node = try node(key) else { return nil }
        return try string(node, name(key))
    }

    /// The text of a key that must be there.
    package func requiredString(_ key: String) throws(DocumentError) -> String {
        try string(required(key), name(key))
    }

    /// The text of a key, parsed; nil when the key is absent. The parser's error is placed at the line.
    package func parse<Value>(_ key: String, _ make: (String) throws -> Value) throws(DocumentError) -> Value? {
        guard let node = try node(key) else { return nil }
        let text = try string(node, name(key))
        do {
            return try make(text)
        } catch {
            throw failure("\(name(key)): \(error)", line: node.line)
        }
    }

    /// The text of a key that must be there, parsed.
    package func parseRequired<Value>(_ key: String, _ make: (String) throws -> Value) throws(DocumentError) -> Value {
        guard let value = try parse(key, make) else { throw failure("\(name(key)) is missing; add it") }
        return value
    }

    /// The number of a key; nil when the key is absent.
    package func integer(_ key: String) throws(DocumentError) -> Int? {
        guard let node = try node(key) else { return nil }
        guard let number = node.int else {
            throw failure("\(name(key)) is not a whole number", line: node.line)
        }
        return number
    }

    /// The truth value of a key; nil when the key is absent.
    package func bool(_ key: String) throws(DocumentError) -> Bool? {
        guard let node = try node(key) else { return nil }
        guard let value = node.bool else {
            throw failure("\(name(key)) is neither true nor false", line: node.line)
        }
        return value
    }

    /// The elements of a key; nil when the key is absent.
    package func sequence(_ key: String) throws(DocumentError) -> [YAMLNode]? {
        guard let node = try node(key) else { return nil }
        guard let elements = node.sequence else {
            throw failure("\(name(key)) is not a list; write each element after a dash", line: node.line)
        }
        return elements
    }

    /// The texts of a key's elements; nil when the key is absent.
    package func strings(_ key: String) throws(DocumentError) -> [String]? {
        guard let elements = try sequence(key) else { return nil }
        var result: [String] = []
        for (index, element) in elements.enumerated() {
            result.append(try string(element, "\(name(key))[\(index)]"))
        }
        return result
    }

    private func string(_ node: YAMLNode, _ name: String) throws(DocumentError) -> String {
        guard case .scalar(let text, let plain) = node.value, !node.isNull else {
            throw failure("\(name) is not a text; write one value", line: node.line)
        }
        guard !plain || !YAMLText.looksTyped(text) else {
            throw failure(
                "\(name): \(text) without quotes is a number or truth value to YAML readers; write \"\(text)\"",
                line: node.line)
        }
        return text
    }
}

extension YAMLText {
    /// Whether a reader of YAML 1.1 or 1.2 takes `text` without quotes for a number or a truth value.
    package static func looksTyped(_ text: String) -> Bool {
        if ["y", "n", "yes", "no", "on", "off", "true", "false"].contains(text.lowercased()) { return true }
        var rest = Substring(text.lowercased())
        if let sign = rest.first, sign == "-" || sign == "+" { rest = rest.dropFirst() }
        if rest == ".inf" || rest == ".nan" { return true }
        if rest.hasPrefix("0x") { return rest.count > 2 && rest.dropFirst(2).allSatisfy { $0.isHexDigit || $0 == "_" } }
        if rest.hasPrefix("0o") || rest.hasPrefix("0b") {
            return rest.count > 2 && rest.dropFirst(2).allSatisfy { $0.isASCIIDigit || $0 == "_" }
        }
        // Decimal, octal, sexagesimal and floating-point forms all are digits with a few other characters.
        guard let first = rest.first, first.isASCIIDigit || first == "." else { return false }
        let parts = rest.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0].contains(where: \.isASCIIDigit),
            parts[0].allSatisfy({ $0.isASCIIDigit || "._:".contains($0) })
        else { return false }
        guard parts.count == 2 else { return true }
        let exponent = parts[1].first == "-" || parts[1].first == "+" ? parts[1].dropFirst() : parts[1]
        return !exponent.isEmpty && exponent.allSatisfy(\.isASCIIDigit)
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) && isASCII }
}
