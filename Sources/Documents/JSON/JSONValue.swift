internal import Support

/// A JSON value that preserves the order of members and the text of numbers.
///
/// Keys are compared byte by byte, because Swift's own comparison of strings treats U+212A (the Kelvin sign) as `K`.
package enum JSONValue: Hashable, Sendable {
    /// An object, its members in the order they were written. Keys are unique.
    case object([JSONMember])
    /// An array.
    case array([JSONValue])
    /// A string.
    case string(String)
    /// A number, as its original text.
    case number(String)
    /// A truth value.
    case bool(Bool)
    /// Null.
    case null

    /// The value of a key; nil when this is not an object or lacks the key.
    package subscript(key: String) -> JSONValue? {
        members?.first { $0.key.hasSameBytes(as: key) }?.value
    }

    /// The members, when this is an object.
    package var members: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The elements, when this is an array.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text, when this is a string.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, when it is written as an integer and fits into 64 bits.
    package var int: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }

    /// An object of the members that are not nil, in this order.
    package static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { key, value in value.map { JSONMember(key: key, value: $0) } })
    }
}

/// A key and its value.
package struct JSONMember: Hashable, Sendable {
    /// The key, with escapes resolved.
    package let key: String
    /// The value.
    package let value: JSONValue

    /// Creates a member.
    package init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// A truth value.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    package init(integerLiteral value: Int64) { self = .number(String(value)) }
    /// An object of the members that are not nil, in the order of the literal.
    package init(dictionaryLiteral elements: (String, JSONValue?)...) {
        self = .object(elements.compactMap { key, value in value.map { JSONMember(key: key, value: $0) } })
    }
}
