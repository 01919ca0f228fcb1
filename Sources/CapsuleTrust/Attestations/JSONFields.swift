internal import CapsuleCore
internal import OCI

/// An object of a document that we own, read strictly: an unknown key is an error, and so is a value of another kind.
struct JSONFields {
    private let name: String
    private let value: JSONValue

    /// Takes an object whose keys are all in `keys`.
    init(_ value: JSONValue?, _ name: String, keys: [String]) throws(CapsuleError) {
        guard let value, let members = value.members else {
            throw CapsuleError(.invalidDocument, "\(name) is missing, or no object")
        }
        if let unknown = members.first(where: { !keys.contains($0.key) }) {
            throw CapsuleError(.invalidDocument, "\(name) has the unknown key \(quoted(unknown.key))")
        }
        self.name = name
        self.value = value
    }

    subscript(key: String) -> JSONValue? { value[key] }

    /// A text that is not empty; nil when the key is absent.
    func optional(_ key: String) throws(CapsuleError) -> String? {
        guard let value = value[key] else { return nil }
        guard let text = value.string, !text.isEmpty else {
            throw CapsuleError(.invalidDocument, "\(name).\(key) is no text, or empty")
        }
        return text
    }

    /// A text that must be there.
    func text(_ key: String) throws(CapsuleError) -> String {
        guard let text = try optional(key) else { throw CapsuleError(.invalidDocument, "\(name) has no \(key)") }
        return text
    }

    /// A text that must be there, parsed.
    func parse<Value>(_ key: String, _ make: (String) throws -> Value?) throws(CapsuleError) -> Value {
        let text = try text(key)
        guard let value = try? make(text) else {
            throw CapsuleError(.invalidDocument, "\(name).\(key) cannot be \(quoted(text))")
        }
        return value
    }
}
