extension YAMLNode {
    /// The value as JSON whose ``JSONValue/yaml`` every reader of YAML reads as this node: the text of a plain scalar
    /// that some reader takes for a number or a truth value is kept as it is.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument` for a key that is not text without quotes, because the node does not
    ///   say whether it was quoted.
    package func json(file: String) throws(DocumentError) -> JSONValue {
        switch value {
        case .scalar(let text, let plain):
            if isNull { return .null }
            return plain && YAMLText.looksTyped(text) ? .number(text) : .string(text)
        case .sequence(let elements):
            var values: [JSONValue] = []
            for element in elements { values.append(try element.json(file: file)) }
            return .array(values)
        case .mapping(let entries):
            var members: [JSONMember] = []
            for entry in entries {
                let isNumber = entry.key.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                let isCanonical = isNumber && (entry.key == "0" || entry.key.utf8.first != UInt8(ascii: "0"))
                guard isCanonical || !YAMLText.looksTyped(entry.key), entry.key.utf8.count <= 1_000 else {
                    throw DocumentError(
                        .invalidDocument,
                        "\(file):\(entry.line): the key \(entry.key.prefix(100)) is read differently with and without "
                            + "quotes, so that the object cannot be copied out of its list")
                }
                members.append(JSONMember(key: entry.key, value: try entry.value.json(file: file)))
            }
            return .object(members)
        }
    }
}
