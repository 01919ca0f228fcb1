internal import Support

/// A value of a document that ``StrictObject`` reads.
///
/// It is an enumeration and not a protocol: a generic reader is not specialized for its nodes in the modules that use it,
/// which doubles the cost of a request's body.
enum DocumentNode: Sendable {
    case yaml(YAMLNode)
    case json(JSONValue)

    /// A member of an object.
    struct Member: Sendable {
        let key: String
        let value: DocumentNode
        /// The line of the key, from 1, where it is known.
        let line: Int?
    }

    /// The noun for an object in messages.
    var objectNoun: String {
        switch self {
        case .yaml: "a mapping of keys and values"
        case .json: "an object"
        }
    }

    /// The members in the order of the document, when this is an object.
    var members: [Member]? {
        switch self {
        case .yaml(let node): node.mapping?.map { Member(key: $0.key, value: .yaml($0.value), line: $0.line) }
        case .json(let value): value.members?.map { Member(key: $0.key, value: .json($0.value), line: nil) }
        }
    }

    /// The elements, when this is a list.
    var elements: [DocumentNode]? {
        switch self {
        case .yaml(let node): node.sequence?.map { .yaml($0) }
        case .json(let value): value.array?.map { .json($0) }
        }
    }

    /// The text, when this is a scalar that can be text.
    var text: String? {
        switch self {
        case .yaml(let node): node.string
        case .json(let value): value.string
        }
    }

    /// True for text that another reader reads as a number or a truth value.
    var isAmbiguous: Bool {
        if case .yaml(let node) = self { node.isAmbiguous } else { false }
    }

    /// True for null.
    var isNull: Bool {
        switch self {
        case .yaml(let node): node.isNull
        case .json(.null): true
        case .json: false
        }
    }

    /// The truth value, when this is one.
    var bool: Bool? {
        switch self {
        case .yaml(let node): node.bool
        case .json(.bool(let truth)): truth
        case .json: nil
        }
    }

    /// The number, when this is an integer that all readers read alike.
    var wholeNumber: Int? {
        switch self {
        case .yaml(let node):
            // YAML 1.1 reads 010 as eight.
            if let number = node.int, case .scalar(let text, _) = node.value, text == String(number) {
                number
            } else {
                nil
            }
        case .json(let value): value.int.flatMap { Int(exactly: $0) }
        }
    }

    /// The line it starts on, from 1, where it is known.
    var line: Int? {
        if case .yaml(let node) = self { node.line } else { nil }
    }
}

extension YAMLNode {
    /// True for text without quotes that another reader reads as a number or a truth value.
    package var isAmbiguous: Bool {
        if case .scalar(let text, plain: true) = value { YAMLText.looksTyped(text) } else { false }
    }
}
