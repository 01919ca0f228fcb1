internal import Documents

/// A piece of an expression, and where it stands.
struct Node: Sendable {
    let syntax: Syntax
    /// In bytes from the start of the expression.
    let offset: Int
    /// How many levels of pieces this one has, itself included.
    let height: Int

    init(_ syntax: Syntax, _ offset: Int) {
        self.syntax = syntax
        self.offset = offset
        height = 1 + (syntax.parts.map(\.height).max() ?? 0)
    }
}

/// What a piece of an expression is.
indirect enum Syntax: Sendable {
    case literal(JSONValue)
    /// A variable; functions are found by the name in a call.
    case name(String)
    /// The element (`#`) or something about it (`#acc`, `#index`) inside a predicate.
    case pointer(String)
    case member(Node, key: Node, isOptional: Bool)
    case slice(Node, from: Node?, to: Node?)
    case call(Node, [Node])
    /// The predicate of `filter(list, {# > 1})`.
    case closure(Node)
    case unary(String, Node)
    case binary(String, Node, Node)
    case conditional(Node, Node, Node)
    case array([Node])
    case map([(key: Node, value: Node)])
    case binding(String, Node, Node)
    case sequence([Node])
    /// Parentheses: optional chaining does not reach beyond them.
    case group(Node)

    /// The pieces that it is made of.
    var parts: [Node] {
        switch self {
        case .literal, .name, .pointer: []
        case .member(let node, let key, _): [node, key]
        case .slice(let node, let from, let to): [node, from, to].compactMap { $0 }
        case .call(let callee, let arguments): [callee] + arguments
        case .closure(let node), .unary(_, let node), .group(let node): [node]
        case .binary(_, let left, let right), .binding(_, let left, let right): [left, right]
        case .conditional(let condition, let yes, let no): [condition, yes, no]
        case .array(let nodes), .sequence(let nodes): nodes
        case .map(let pairs): pairs.flatMap { [$0.key, $0.value] }
        }
    }
}
