internal import Support

/// An object of a document that we own, read strictly: an unknown key is an error, and so is a value of another kind.
package struct JSONFields {
    private let name: String
    private let value: JSONValue

    /// Takes an object whose keys are all in `keys`.
    package init(_ value: JSONValue?, _ name: String, keys: [String]) throws(DocumentError) {
        guard let value, let members = value.members else {
            throw DocumentError(.invalidDocument, "\(name) is missing, or no object")
        }
        if let unknown = members.first(where: { !keys.contains($0.key) }) {
            throw DocumentError(.invalidDocument, "\(name) has the unknown key \(quoted(unknown.key))")
        }
        self.name = name
        self.value = value
    }

    package subscript(key: String) -> JSONValue? { value[key] }

    /// A text that is not empty; nil when the key is absent.
    package func optional(_ key: String) throws(DocumentError) -> String? {
        guard let value = value[key] else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw DocumentError(.invalidDocument, "\(name).\(key) is no text, or empty")
        }
        return text
    }

    /// A text that must be there.
    package func text(_ key: String) throws(DocumentError) -> String {
        guard let text = try optional(key) else { throw DocumentError(.invalidDocument, "\(name) has no \(key)") }
        return text
    }

    /// A text that must be there, parsed.
    package func parse<Value>(_ key: String, _ make: (String) throws -> Value?) throws(DocumentError) -> Value {
        let text = try text(key)
        guard let value = try? make(text) else {
            throw DocumentError(.invalidDocument, "\(name).\(key) cannot be \(quoted(text))")
        }
        return value
    }
}
