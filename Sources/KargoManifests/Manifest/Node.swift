internal import ReleaseWorkflows

/// A piece of a manifest that is generated: ordered, so that the same input gives the same bytes.
///
/// Literals build it: `["kind": "Stage", "spec": ["steps": [step]]]`.
public indirect enum Node: Hashable, Sendable {
    /// Text, quoted where a reader could take it for something else.
    case text(String)
    /// Text of several lines, as a literal block.
    case block(String)
    /// A number.
    case number(Int)
    /// A truth value.
    case truth(Bool)
    /// A sequence.
    case list([Node])
    /// A mapping, in this order.
    case map([Pair])

    /// An entry of a mapping.
    public struct Pair: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The value.
        public var value: Node

        init(_ key: String, _ value: Node) {
            self.key = key
            self.value = value
        }
    }

    /// This mapping with further entries behind its own; anything else as it is.
    func adding(_ more: [Pair]) -> Node {
        if case .map(let pairs) = self { .map(pairs + more) } else { self }
    }
}

extension Node: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    /// Text.
    public init(stringLiteral value: String) { self = .text(value) }
}

extension Node: ExpressibleByIntegerLiteral {
    /// A number.
    public init(integerLiteral value: Int) { self = .number(value) }
}

extension Node: ExpressibleByBooleanLiteral {
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .truth(value) }
}

extension Node: ExpressibleByArrayLiteral {
    /// A sequence.
    public init(arrayLiteral elements: Node...) { self = .list(elements) }
}

extension Node: ExpressibleByDictionaryLiteral {
    /// A mapping in the order of the literal; entries that are nil are left out.
    public init(dictionaryLiteral elements: (String, Node?)...) {
        self = .map(elements.compactMap { key, value in value.map { Pair(key, $0) } })
    }
}
