/// The header fields of a message, in the order of the message. Names are equal without regard to case.
///
/// [RFC 9110, section 5](https://www.rfc-editor.org/rfc/rfc9110#section-5)
public struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One header field.
    public struct Field: Hashable, Sendable {
        /// The name, as it was written.
        public let name: String
        /// The value, without white space around it.
        public let value: String

        /// A field with this name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Every field, in order.
    public private(set) var fields: [Field] = []

    /// No fields.
    public init() {}

    /// These fields.
    public init(_ fields: some Sequence<(String, String)>) {
        self.fields = fields.map { Field(name: $0.0, value: $0.1) }
    }

    /// These fields, in this order.
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// How many fields there are.
    public var count: Int { fields.count }
    /// Whether there are none.
    public var isEmpty: Bool { fields.isEmpty }

    /// The values of every field with this name, in order.
    public subscript(name: String) -> [String] {
        fields.lazy.filter { Self.isEqual($0.name, name) }.map(\.value)
    }

    /// The value of the first field with this name; nil when it is missing.
    public func first(name: String) -> String? { fields.first { Self.isEqual($0.name, name) }?.value }

    /// Whether there is a field with this name.
    public func contains(name: String) -> Bool { fields.contains { Self.isEqual($0.name, name) } }

    /// Adds a field behind the others.
    public mutating func add(name: String, value: String) { fields.append(Field(name: name, value: value)) }

    /// Removes every field with this name.
    public mutating func remove(name: String) { fields.removeAll { Self.isEqual($0.name, name) } }

    /// Removes every field with this name, and adds this one.
    public mutating func replaceOrAdd(name: String, value: String) {
        remove(name: name)
        add(name: name, value: value)
    }

    /// Whether two names are the same but for the case of ASCII letters.
    public static func isEqual(_ one: String, _ other: String) -> Bool {
        let one = one.utf8
        let other = other.utf8
        return one.count == other.count && zip(one, other).allSatisfy { lowercase($0) == lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
