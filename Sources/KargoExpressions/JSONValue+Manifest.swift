package import Documents

extension JSONValue {
    /// The value of a manifest as Kubernetes reads it: with the booleans and numbers of YAML 1.1, but without its
    /// dates.
    package init(manifest node: YAMLNode) {
        switch node.value {
        case .mapping(let entries):
            self = .object(entries.map { JSONMember(key: $0.key, value: JSONValue(manifest: $0.value)) })
        case .sequence(let elements): self = .array(elements.map { JSONValue(manifest: $0) })
        case .scalar(let text, plain: false): self = .string(text)
        case .scalar(let text, plain: true): self = node.isNull ? .null : Self.plain(text)
        }
    }

    private static func plain(_ text: String) -> JSONValue {
        if ["true", "yes", "on"].contains(where: { isWord(text, $0) }) { return .bool(true) }
        if ["false", "no", "off"].contains(where: { isWord(text, $0) }) { return .bool(false) }
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        guard let first = digits.utf8.first, first.isDigit || first == UInt8(ascii: ".") else { return .string(text) }
        let sign = isNegative ? "-" : ""
        for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8), ("0", 8)] where digits.hasPrefix(prefix) {
            if let value = UInt64(digits.dropFirst(prefix.count), radix: radix) { return .number("\(sign)\(value)") }
        }
        let plain = digits.filter { $0 != "_" }
        if plain.utf8.allSatisfy(\.isDigit), let value = UInt64(plain) { return .number("\(sign)\(value)") }
        guard plain.utf8.allSatisfy({ $0.isDigit || ".eE+-".utf8.contains($0) }),
            let value = GoText.double(sign + plain)
        else { return .string(text) }
        return .number(GoText.json(value))
    }

    private static func isWord(_ text: String, _ word: String) -> Bool {
        text == word || text == word.uppercased() || text == word.prefix(1).uppercased() + word.dropFirst()
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
