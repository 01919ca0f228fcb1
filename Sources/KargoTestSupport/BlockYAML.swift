internal import Documents

/// Writes values as block YAML.
enum BlockYAML {
    static func text(_ value: JSONValue) -> String { lines(value, indentation: "").joined(separator: "\n") + "\n" }

    private static func lines(_ value: JSONValue, indentation: String) -> [String] {
        switch value {
        case .object(let members):
            return members.flatMap { member in
                entry("\(indentation)\(YAMLText.scalar(member.key)):", member.value, indentation: indentation + "  ")
            }
        case .array(let elements):
            return elements.flatMap { element in
                let inner = lines(element, indentation: indentation + "  ")
                guard case .object(let members) = element, !members.isEmpty else {
                    return entry("\(indentation)-", element, indentation: indentation + "  ")
                }
                return ["\(indentation)- \(inner[0].dropFirst(indentation.count + 2))"] + inner.dropFirst()
            }
        default: return [indentation + scalar(value)]
        }
    }

    private static func entry(_ head: String, _ value: JSONValue, indentation: String) -> [String] {
        switch value {
        case .object(let members) where !members.isEmpty: [head] + lines(value, indentation: indentation)
        case .array(let elements) where !elements.isEmpty: [head] + lines(value, indentation: indentation)
        default: ["\(head) \(scalar(value))"]
        }
    }

    private static func scalar(_ value: JSONValue) -> String {
        switch value {
        case .object: "{}"
        case .array: "[]"
        case .string(let text): YAMLText.scalar(text)
        case .number(let text): text
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .null: "null"
        }
    }
}
