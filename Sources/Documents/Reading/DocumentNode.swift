internal import Support

/// A value of a document that ``StrictObject`` reads: YAML or JSON.
package protocol DocumentNode: Sendable {
    /// The noun for an object in messages.
    static var objectNoun: String { get }
    /// The members in the order of the document, when this is an object.
    var objectMembers: [DocumentMember<Self>]? { get }
    /// The elements, when this is a list.
    var listElements: [Self]? { get }
    /// The text, when this is a scalar that can be text.
    var scalarText: String? { get }
    /// True for text that another reader reads as a number or a truth value.
    var isAmbiguous: Bool { get }
    /// True for null.
    var isNull: Bool { get }
    /// The truth value, when this is one.
    var bool: Bool? { get }
    /// The number, when this is an integer that all readers read alike.
    var wholeNumber: Int? { get }
    /// The line it starts on, from 1, where it is known.
    var sourceLine: Int? { get }
}

/// A member of an object.
package struct DocumentMember<Node: DocumentNode>: Sendable {
    package let key: String
    package let value: Node
    /// The line of the key, from 1, where it is known.
    package let line: Int?
}

extension YAMLNode: DocumentNode {
    package static var objectNoun: String { "a mapping of keys and values" }
    package var objectMembers: [DocumentMember<YAMLNode>]? {
        mapping?.map { DocumentMember(key: $0.key, value: $0.value, line: $0.line) }
    }
    package var listElements: [YAMLNode]? { sequence }
    package var scalarText: String? { string }
    package var isAmbiguous: Bool {
        if case .scalar(let text, plain: true) = value { YAMLText.looksTyped(text) } else { false }
    }
    package var wholeNumber: Int? {
        // YAML 1.1 reads 010 as eight.
        guard let number = int, case .scalar(let text, _) = value, text == String(number) else { return nil }
        return number
    }
    package var sourceLine: Int? { line }
}

extension JSONValue: DocumentNode {
    package static var objectNoun: String { "an object" }
    package var objectMembers: [DocumentMember<JSONValue>]? {
        members?.map { DocumentMember(key: $0.key, value: $0.value, line: nil) }
    }
    package var listElements: [JSONValue]? { array }
    package var scalarText: String? { string }
    package var isAmbiguous: Bool { false }
    package var isNull: Bool { self == .null }
    package var bool: Bool? {
        if case .bool(let truth) = self { truth } else { nil }
    }
    package var wholeNumber: Int? { int.flatMap { Int(exactly: $0) } }
    package var sourceLine: Int? { nil }
}
