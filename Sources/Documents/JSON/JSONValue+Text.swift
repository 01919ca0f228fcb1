internal import Support

extension JSONValue {
    /// The value as text that is the same on every machine: members in their order, indented by two spaces a level,
    /// with a trailing newline and only the required escapes.
    package var text: String {
        var out = ""
        write(to: &out, indentation: "\n")
        out += "\n"
        return out
    }

    /// The value as text without white space, its members in their order.
    package var compactText: String {
        var out = ""
        write(to: &out, indentation: nil)
        return out
    }

    // Appends piece by piece: an SBOM has some hundred thousand of them.
    private func write(to out: inout String, indentation: String?) {
        let inner = indentation.map { $0 + "  " }
        switch self {
        case .object(let members) where members.isEmpty: out += "{}"
        case .array(let elements) where elements.isEmpty: out += "[]"
        case .object(let members):
            var start = "{"
            for member in members {
                out += start
                if let inner { out += inner }
                Self.quote(member.key, to: &out)
                out += inner == nil ? ":" : ": "
                member.value.write(to: &out, indentation: inner)
                start = ","
            }
            if let indentation { out += indentation }
            out += "}"
        case .array(let elements):
            var start = "["
            for element in elements {
                out += start
                if let inner { out += inner }
                element.write(to: &out, indentation: inner)
                start = ","
            }
            if let indentation { out += indentation }
            out += "]"
        case .string(let text): Self.quote(text, to: &out)
        case .number(let text): out += text
        case .bool(let value): out += value ? "true" : "false"
        case .null: out += "null"
        }
    }

    private static func quote(_ text: String, to out: inout String) {
        // Most texts have nothing to escape, and are copied as a whole.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) {
            out += "\""
            out += text
            out += "\""
        } else {
            out += String(quoting: text) { $0.value < 0x20 || $0.value == 0x7F ? $0.jsonEscape : nil }
        }
    }
}
