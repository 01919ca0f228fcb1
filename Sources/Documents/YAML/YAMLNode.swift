/// A YAML value and its line in the text.
package struct YAMLNode: Hashable, Sendable {
    /// The kinds of values.
    package enum Value: Hashable, Sendable {
        /// The text of a scalar; `plain` when it was written without quotes, so that `true` and `12` may not be text.
        case scalar(String, plain: Bool)
        /// A sequence.
        case sequence([YAMLNode])
        /// A mapping, in the order it was written. Keys are unique.
        case mapping([YAMLEntry])
    }

    /// The value.
    package let value: Value
    /// The line it starts on, from 1.
    package let line: Int

    /// Creates a node.
    package init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }

    /// The value of a key, when this is a mapping that has it.
    package subscript(key: String) -> YAMLNode? { mapping?.first { $0.key == key }?.value }

    /// The entries, when this is a mapping.
    package var mapping: [YAMLEntry]? {
        if case .mapping(let entries) = value { entries } else { nil }
    }

    /// The elements, when this is a sequence.
    package var sequence: [YAMLNode]? {
        if case .sequence(let elements) = value { elements } else { nil }
    }

    /// The text, when this is a scalar that is not null.
    package var string: String? {
        if case .scalar(let text, _) = value, !isNull { text } else { nil }
    }

    /// True for a null: empty, `~` or `null`, without quotes.
    package var isNull: Bool {
        if case .scalar(let text, plain: true) = value {
            ["", "~", "null", "Null", "NULL"].contains(text)
        } else {
            false
        }
    }

    /// The truth value, when this is `true` or `false` without quotes.
    package var bool: Bool? {
        guard case .scalar(let text, plain: true) = value else { return nil }
        if ["true", "True", "TRUE"].contains(text) { return true }
        if ["false", "False", "FALSE"].contains(text) { return false }
        return nil
    }

    /// The number, when this is a decimal integer without quotes.
    package var int: Int? {
        guard case .scalar(let text, plain: true) = value else { return nil }
        return Int(text)
    }
}

/// A key and its value.
package struct YAMLEntry: Hashable, Sendable {
    /// The key.
    package let key: String
    /// The line of the key, from 1.
    package let line: Int
    /// The value.
    package let value: YAMLNode

    /// Creates an entry.
    package init(key: String, line: Int, value: YAMLNode) {
        self.key = key
        self.line = line
        self.value = value
    }
}
