internal import CapsuleCore

/// JSON on one line, as Go's encoder writes it: keys sorted, and `<`, `>` and `&` escaped.
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

    private static func quote(_ string: String) -> String {
        var out = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{8}": out += "\\b"
            case "\u{c}": out += "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<" ":
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
