internal import Support

/// Reads one mapping of a document that we own: every key is known, every value has the type that is expected, and a
/// complaint names file, line and key.
package struct MappingReader {
    private let node: YAMLNode
    private let entries: [YAMLEntry]
    private let path: String
    private let file: String

    /// Takes a node that must be a mapping with no other keys than `keys`.
    ///
    /// - Parameter path: where the mapping stands in the document, such as `gitops` or `stages[2]`; empty at the top.
    package init(_ node: YAMLNode, path: String = "", file: String, keys: [String]) throws(DocumentError) {
        self.node = node
        self.path = path
        self.file = file
        guard let entries = node.mapping else {
            let what = path.isEmpty ? "the document" : path
            throw DocumentError(.invalidDocument, "\(file):\(node.line): \(what) must be a mapping of keys and values")
        }
        self.entries = entries
        for entry in entries where !keys.contains(entry.key) {
            let place = path.isEmpty ? "" : " in \(path)"
            throw DocumentError(
                .invalidDocument,
                "\(file):\(entry.line): unknown key \(quoted(entry.key))\(place); known keys are "
                    + keys.joined(separator: ", "))
        }
    }

    /// A complaint about the value of `key`, or about the mapping when the key is not there or empty.
    package func complaint(_ key: String, _ message: String) -> DocumentError {
        let line = entries.first { $0.key == key }?.line ?? node.line
        return DocumentError(.invalidDocument, "\(file):\(line): \(name(key)) \(message)")
    }

    /// Whether a key is there, perhaps without a value.
    package func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// The line that the mapping starts on.
    package var line: Int { node.line }

    /// Complains about a key whose value was left out: where a missing rule lets more in, it must not look like a rule.
    package func refuseNulls() throws(DocumentError) {
        for entry in entries where entry.value.isNull {
            throw complaint(entry.key, "has no value; remove the key, or say what it is")
        }
    }

    /// The text of a key that must be there.
    package func requiredString(_ key: String) throws(DocumentError) -> String {
        guard let text = try string(key) else { throw complaint(key, "is missing") }
        return text
    }

    /// The text of a key; nil when it is not there or null.
    package func string(_ key: String) throws(DocumentError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { throw complaint(key, "must be text") }
        return text
    }

    /// The truth value of a key; nil when it is not there or null.
    package func bool(_ key: String) throws(DocumentError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let truth = value.bool else { throw complaint(key, "must be true or false") }
        return truth
    }

    /// The texts of a sequence; nil when the key is not there or null.
    package func strings(_ key: String) throws(DocumentError) -> [String]? {
        guard let elements = try sequence(key) else { return nil }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else {
                throw DocumentError(.invalidDocument, "\(file):\(element.line): \(name(key)) must be a list of texts")
            }
            texts.append(text)
        }
        return texts
    }

    /// The elements of a sequence; nil when the key is not there or null.
    package func sequence(_ key: String) throws(DocumentError) -> [YAMLNode]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.sequence else { throw complaint(key, "must be a list") }
        return elements
    }

    /// The mapping at a key; nil when it is not there or null.
    package func mapping(_ key: String, keys: [String]) throws(DocumentError) -> MappingReader? {
        guard let value = value(key) else { return nil }
        return try MappingReader(value, path: name(key), file: file, keys: keys)
    }

    /// The mappings by the names that the file gives them, in its order; nil when the key is not there or null, and never
    /// empty.
    package func named(
        _ key: String, keys: [String]
    ) throws(DocumentError) -> [(name: String, reader: MappingReader)]? {
        guard let value = value(key) else { return nil }
        guard let entries = value.mapping else { throw complaint(key, "must be a mapping of names") }
        guard !entries.isEmpty else { throw complaint(key, "is empty; remove it, or say what belongs there") }
        var readers: [(name: String, reader: MappingReader)] = []
        for entry in entries {
            let path = "\(name(key)).\(entry.key)"
            readers.append((entry.key, try MappingReader(entry.value, path: path, file: file, keys: keys)))
        }
        return readers
    }

    /// The mappings in a sequence; empty when the key is not there or null.
    package func mappings(_ key: String, keys: [String]) throws(DocumentError) -> [MappingReader] {
        var readers: [MappingReader] = []
        for (index, element) in (try sequence(key) ?? []).enumerated() {
            readers.append(try MappingReader(element, path: "\(name(key))[\(index)]", file: file, keys: keys))
        }
        return readers
    }

    /// The text of a key, parsed; nil when it is not there or null.
    package func parsed<Value>(_ key: String, _ parse: (String) throws -> Value) throws(DocumentError) -> Value? {
        guard let text = try string(key) else { return nil }
        return try self.parse(key, text, parse)
    }

    /// The text of a key that must be there, parsed.
    package func requiredParsed<Value>(_ key: String, _ parse: (String) throws -> Value) throws(DocumentError) -> Value
    {
        try self.parse(key, requiredString(key), parse)
    }

    /// The texts of a sequence, parsed; nil when the key is not there or null.
    package func parsedList<Value>(_ key: String, _ parse: (String) throws -> Value) throws(DocumentError) -> [Value]? {
        guard let texts = try strings(key) else { return nil }
        var values: [Value] = []
        for text in texts { values.append(try self.parse(key, text, parse)) }
        return values
    }

    private func parse<Value>(
        _ key: String, _ text: String, _ parse: (String) throws -> Value
    ) throws(DocumentError) -> Value {
        do {
            return try parse(text)
        } catch let error as DocumentError {
            throw complaint(key, "is wrong: \(error.message)")
        } catch {
            throw complaint(key, "is wrong: \(error)")
        }
    }

    private func value(_ key: String) -> YAMLNode? {
        guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    private func name(_ key: String) -> String { path.isEmpty || key.isEmpty ? path + key : "\(path).\(key)" }
}
