import Documents

extension FuzzTarget {
    /// JSON and YAML: what was read can be written and read again, as JSON and as YAML, and a text that is written as a YAML
    /// scalar is the same text to a reader, never a number or a truth value.
    static let documents = FuzzTarget(name: "documents") { bytes throws(Finding) in
        if let value = try? JSONParser.parse(bytes, file: "json") {
            for text in [value.text, value.compactText] {
                let again = try? JSONParser.parse(Array(text.utf8), file: "json")
                try Finding.unless(again == value, "\(text) is read as \(again?.text ?? "nothing")")
            }
            // YAML has a limit of 1,024 characters for a key.
            if let node = try? YAMLParser.document(Array(value.yaml.utf8), file: "yaml", limits: .manifests) {
                try Finding.unless(isEqual(node, value), "\(value.text) is other YAML:\n\(value.yaml)")
            }
        }
        if let documents = try? YAMLParser.documents(bytes, file: "yaml") {
            try Finding.unless(documents.allSatisfy { !$0.isNull }, "an empty document")
        }
        if let node = try? YAMLParser.document(bytes, file: "yaml"),
            let object = try? StrictObject(node, file: "yaml", keys: nil)
        {
            for key in node.mapping?.map(\.key) ?? [] {
                let text = try? object.text(key)
                try Finding.unless(
                    text.map { !$0.isEmpty || node[key]?.isNull == false } ?? true, "a blank text at \(key)")
                if let number = try? object.integer(key) {
                    try Finding.unless(node[key]?.string == String(number), "\(number) at \(key)")
                }
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self), text.utf8.count < 1_000 else { return }
        let yaml = "key: \(YAMLText.scalar(text))\n"
        let node = try? YAMLParser.document(Array(yaml.utf8), file: "yaml")["key"]
        try Finding.unless(
            node?.string == text && node?.isAmbiguous == false, "\(yaml) is read as \(node?.string ?? "nothing")")
    }

    private static func isEqual(_ node: YAMLNode, _ value: JSONValue) -> Bool {
        switch value {
        case .object(let members):
            guard let entries = node.mapping, entries.count == members.count else { return false }
            return zip(entries, members).allSatisfy { $0.key == $1.key && isEqual($0.value, $1.value) }
        case .array(let elements):
            guard let nodes = node.sequence, nodes.count == elements.count else { return false }
            return zip(nodes, elements).allSatisfy { isEqual($0, $1) }
        case .string(let text): return node.string == text && !node.isAmbiguous
        case .number(let text): return node.string == text
        case .bool(let truth): return node.bool == truth
        case .null: return node.isNull
        }
    }
}
