/// A YAML value and its line in the text.
public struct YAMLNode: Hashable, Sendable {
    /// The kinds of values.
    public enum Value: Hashable, Sendable {
        /// The text of a scalar; `plain` when it was written without quotes, so that `true` and `12` may not be text.
        case scalar(String, plain: Bool)
        /// A sequence.
        case sequence([YAMLNode])
        /// A mapping, in the order it was written. Keys are unique.
        case mapping([YAMLEntry])
    }

    /// The value.
    public let value: Value
    /// The line it starts on, from 1.
    public let line: Int

    /// Creates a node.
    public init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }

    /// The value of a key, when this is a mapping that has it.
    public subscript(key: String) -> YAMLNode? { mapping?.first { $0.key == key }?.value }

    /// The entries, when this is a mapping.
    public var mapping: [YAMLEntry]? {
        if case .mapping(let entries) = value { entries } else { nil }
    }

    /// The elements, when this is a sequence.
    public var sequence: [YAMLNode]? {
        if case .sequence(let elements) = value { elements } else { nil }
    }

    /// The text, when this is a scalar that is not null.
    public var string: String? {
        if case .scalar(let text, _) = value, !isNull { text } else { nil }
    }

    /// True for a null: empty, `~` or `null`, without quotes.
    public var isNull: Bool {
        if case .scalar(let text, plain: true) = value {
            ["", "~", "null", "Null", "NULL"].contains(text)
        } else {
            false
        }
    }

    /// The truth value, when this is `true` or `false` without quotes.
    public var bool: Bool? {
        guard case .scalar(let text, plain: true) = value else { return nil }
        if ["true", "True", "TRUE"].contains(text) { return true }
        if ["false", "False", "FALSE"].contains(text) { return false }
        return nil
    }

    /// The number, when this is a decimal integer without quotes.
    public var int: Int? {
        guard case .scalar(let text, plain: true) = value else { return nil }
        return Int(text)
    }
}

/// A key and its value.
public struct YAMLEntry: Hashable, Sendable {
    /// The key.
    public let key: String
    /// The line of the key, from 1.
    public let line: Int
    /// The value.
    public let value: YAMLNode

    /// Creates an entry.
    public init(key: String, line: Int, value: YAMLNode) {
        self.key = key
        self.line = line
        self.value = value
    }
}
