extension JSONValue {
    /// The value as a block-style YAML document that ends with a line end.
    ///
    /// Text of several lines is a literal block, and text that holds double quotes is in single quotes: both stay
    /// readable without escapes. All other scalars follow `YAMLText`.
    package var yaml: String { lines.joined(separator: "\n") + "\n" }

    private var lines: [String] {
        switch self {
        case .object(let members) where !members.isEmpty:
            members.flatMap { member in
                let key = YAMLText.scalar(member.key)
                return if member.value.isNested {
                    ["\(key):"] + member.value.lines.map(Self.indented)
                } else {
                    Self.headed("\(key):", by: member.value)
                }
            }
        case .array(let elements) where !elements.isEmpty:
            elements.flatMap { element in
                guard element.isNested else { return Self.headed("-", by: element) }
                let lines = element.lines
                return ["- \(lines[0])"] + lines.dropFirst().map(Self.indented)
            }
        default: Self.headed("", by: self)
        }
    }

    private var isNested: Bool {
        switch self {
        case .object(let members): !members.isEmpty
        case .array(let elements): !elements.isEmpty
        default: false
        }
    }

    private static func indented(_ line: String) -> String { line.isEmpty ? line : "  \(line)" }

    /// A scalar or an empty collection behind `head`, which is a key with its colon, a dash, or nothing.
    private static func headed(_ head: String, by value: JSONValue) -> [String] {
        let prefix = head.isEmpty ? "" : "\(head) "
        switch value {
        case .object: return ["\(prefix){}"]
        case .array: return ["\(prefix)[]"]
        case .number(let text): return [prefix + text]
        case .bool(let isTrue): return [prefix + (isTrue ? "true" : "false")]
        case .null: return ["\(prefix)null"]
        case .string(let text):
            guard !head.isEmpty, let block = literalBlock(text) else { return [prefix + scalar(text)] }
            return [prefix + block.indicator] + block.lines.map(indented)
        }
    }

    /// The lines of a literal block with its indicator: `|` when the text ends with a line end, else `|-`. Nil for text
    /// of one line, and for text that a literal block would not keep byte for byte.
    private static func literalBlock(_ text: String) -> (indicator: String, lines: [String])? {
        let endsWithLineEnd = text.utf8.last == UInt8(ascii: "\n")
        let lines = (endsWithLineEnd ? text.dropLast() : text[...])
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.count > 1 || endsWithLineEnd, let first = lines.first, !first.isEmpty, first.first != " ",
            lines.last?.isEmpty == false,
            text.unicodeScalars.allSatisfy({ $0 == "\n" || (0x20..<0x7F).contains($0.value) || $0.value >= 0xA0 }),
            !text.unicodeScalars.contains(where: { [0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF].contains($0.value) })
        else { return nil }
        return (endsWithLineEnd ? "|" : "|-", lines)
    }

    private static func scalar(_ text: String) -> String {
        let isPrintable = text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) && $0 != "'" }
        return isPrintable && text.contains("\"") ? "'\(text)'" : YAMLText.scalar(text)
    }
}
