internal import Documents
internal import Support

/// JSON as Go's encoder writes it: keys sorted, and `<`, `>` and `&` escaped.
enum CompactJSON {
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return "{" + sorted.map { "\(quote($0.key)):\(text($0.value))" }.joined(separator: ",") + "}"
        case .array(let elements): return "[" + elements.map(text).joined(separator: ",") + "]"
        case .string(let string): return quote(string)
        case .number(let number):
            if Int64(number) != nil { return number }
            return Double(number).map { GoText.json($0) } ?? number
        case .bool(let isTrue): return isTrue ? "true" : "false"
        case .null: return "null"
        }
    }

    /// The same over several lines, two spaces a level.
    static func indented(_ value: JSONValue, indentation: String = "\n") -> String {
        let inner = indentation + "  "
        switch value {
        case .object(let members) where !members.isEmpty:
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            let lines = sorted.map { "\(inner)\(quote($0.key)): \(indented($0.value, indentation: inner))" }
            return "{" + lines.joined(separator: ",") + indentation + "}"
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + indented($0, indentation: inner) }
            return "[" + lines.joined(separator: ",") + indentation + "]"
        default: return text(value)
        }
    }

    private static func quote(_ string: String) -> String {
        String(quoting: string) { scalar in
            switch scalar {
            case "\u{8}": "\\b"
            case "\u{c}": "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<" ": scalar.fourDigitEscape
            default: nil
            }
        }
    }
}
