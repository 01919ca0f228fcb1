/// The header fields of a message, in the order of the message. Names are equal without regard to case.
///
/// [RFC 9110, section 5](https://www.rfc-editor.org/rfc/rfc9110#section-5)
package struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One header field.
    package struct Field: Hashable, Sendable {
        /// The name, as it was written.
        package let name: String
        /// The value, without white space around it.
        package let value: String

        /// A field with this name and value.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Every field, in order.
    package private(set) var fields: [Field] = []

    /// No fields.
    package init() {}

    /// These fields.
    package init(_ fields: some Sequence<(String, String)>) {
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    /// These fields, in this order.
    package init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// The number of fields.
    package var count: Int { fields.count }
    /// True when there are no fields.
    package var isEmpty: Bool { fields.isEmpty }

    /// The values of every field with this name, in order.
    package subscript(name: String) -> [String] {
        fields.lazy.filter { Self.isEqual($0.name, name) }.map(\.value)
    }

    /// The value of the first field with this name; nil when it is missing.
    package func first(name: String) -> String? { fields.first { Self.isEqual($0.name, name) }?.value }

    /// True when there is a field with this name.
    package func contains(name: String) -> Bool { fields.contains { Self.isEqual($0.name, name) } }

    /// Appends a field.
    package mutating func add(name: String, value: String) { fields.append(Field(name: name, value: value)) }

    /// Removes every field with this name.
    package mutating func remove(name: String) { fields.removeAll { Self.isEqual($0.name, name) } }

    /// Replaces every field with this name by one field.
    package mutating func replaceOrAdd(name: String, value: String) {
        remove(name: name)
        add(name: name, value: value)
    }

    /// True when two names are the same but for the case of ASCII letters.
    package static func isEqual(_ one: String, _ other: String) -> Bool {
        let one = one.utf8
        let other = other.utf8
        return one.count == other.count && zip(one, other).allSatisfy { lowercase($0) == lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
