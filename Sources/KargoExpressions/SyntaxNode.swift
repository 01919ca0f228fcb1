internal import Documents

/// A node of the syntax tree of an expression.
struct SyntaxNode: Sendable {
    let syntax: Syntax
    /// The position, in bytes from the start of the expression.
    let offset: Int
    /// The number of levels of the subtree.
    let height: Int

    init(_ syntax: Syntax, _ offset: Int) {
        self.syntax = syntax
        self.offset = offset
        height = 1 + (syntax.children.map(\.height).max() ?? 0)
    }
}

/// The kind of a node, with its children.
indirect enum Syntax: Sendable {
    case literal(JSONValue)
    /// A variable, or the function of a call.
    case name(String)
    /// The element (`#`) of a predicate, or a fact about it (`#acc`, `#index`).
    case pointer(String)
    case member(SyntaxNode, key: SyntaxNode, isOptional: Bool)
    case slice(SyntaxNode, from: SyntaxNode?, to: SyntaxNode?)
    case call(SyntaxNode, [SyntaxNode])
    /// The predicate of `filter(list, {# > 1})`.
    case closure(SyntaxNode)
    case unary(String, SyntaxNode)
    case binary(String, SyntaxNode, SyntaxNode)
    case conditional(SyntaxNode, SyntaxNode, SyntaxNode)
    case array([SyntaxNode])
    case map([(key: SyntaxNode, value: SyntaxNode)])
    case binding(String, SyntaxNode, SyntaxNode)
    case sequence([SyntaxNode])
    /// Parentheses, which end optional chaining.
    case group(SyntaxNode)

    var children: [SyntaxNode] {
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
