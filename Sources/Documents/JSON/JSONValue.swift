/// A JSON value that keeps what a decoder throws away: the order of members and the text of numbers.
///
/// Keys are compared byte by byte. Swift's own string comparison would take U+212A (the Kelvin sign) for `K`.
public enum JSONValue: Hashable, Sendable {
    /// An object, its members in the order they were written. Keys are unique.
    case object([JSONMember])
    /// An array.
    case array([JSONValue])
    /// A string.
    case string(String)
    /// A number, as it was written.
    case number(String)
    /// A truth value.
    case bool(Bool)
    /// Null.
    case null

    /// The value of a key, when this is an object that has it.
    public subscript(key: String) -> JSONValue? {
        members?.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// The members, when this is an object.
    public var members: [JSONMember]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The elements, when this is an array.
    public var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text, when this is a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, when this is one that is written as an integer and fits.
    public var int: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }

    /// An object of the members that are not nil, in this order.
    public static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { key, value in value.map { JSONMember(key: key, value: $0) } })
    }
}

/// A key and its value.
public struct JSONMember: Hashable, Sendable {
    /// The key, escapes resolved.
    public let key: String
    /// The value.
    public let value: JSONValue

    /// Pairs a key and a value.
    public init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .number(String(value)) }
    /// An object of the members that are not nil, in the order of the literal.
    public init(dictionaryLiteral elements: (String, JSONValue?)...) {
        self = .object(elements.compactMap { key, value in value.map { JSONMember(key: key, value: $0) } })
    }
}
