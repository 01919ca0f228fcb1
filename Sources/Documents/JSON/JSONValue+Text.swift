internal import Support

extension JSONValue {
    /// The value as text that is the same on every machine: members in their order, indented by two spaces a level,
    /// with a trailing newline and only the required escapes.
    package var text: String {
        var out = ""
        write(to: &out, indentation: "\n")
        return out + "\n"
    }

    /// The value as text without white space, its members in their order.
    package var compactText: String {
        var out = ""
        write(to: &out, indentation: nil)
        return out
    }

    private func write(to out: inout String, indentation: String?) {
        let inner = indentation.map { $0 + "  " }
        switch self {
        case .object(let members) where members.isEmpty: out += "{}"
        case .array(let elements) where elements.isEmpty: out += "[]"
        case .object(let members):
            out += "{"
            for (index, member) in members.enumerated() {
                out += (index > 0 ? "," : "") + (inner ?? "") + Self.quote(member.key) + (inner == nil ? ":" : ": ")
                member.value.write(to: &out, indentation: inner)
            }
            out += (indentation ?? "") + "}"
        case .array(let elements):
            out += "["
            for (index, element) in elements.enumerated() {
                out += (index > 0 ? "," : "") + (inner ?? "")
                element.write(to: &out, indentation: inner)
            }
            out += (indentation ?? "") + "]"
        case .string(let text): out += Self.quote(text)
        case .number(let text): out += text
        case .bool(let value): out += value ? "true" : "false"
        case .null: out += "null"
        }
    }

    private static func quote(_ text: String) -> String {
        String(quoting: text) { $0.value < 0x20 || $0.value == 0x7F ? $0.jsonEscape : nil }
    }
}
