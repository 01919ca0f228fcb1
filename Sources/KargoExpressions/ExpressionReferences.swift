internal import Documents

/// The variables and functions that an expression refers to, found without evaluation.
package struct ExpressionReferences: Sendable {
    /// A variable and the members that are accessed, such as `outputs.commit.commit`.
    package struct Path: Hashable, Sendable {
        package let root: String
        /// The members in order; nil for a computed one.
        package let members: [String?]
        /// The index in `members` of the first access with `?.`; nil when there is none.
        package let firstOptional: Int?
        /// True when `??` replaces a nil value of the path.
        package let isCoalesced: Bool
        /// The position, in bytes from the start of the expression.
        package let offset: Int
    }

    /// A call of a function.
    package struct Call: Hashable, Sendable {
        package let name: String
        /// The first argument, when it is a string literal.
        package let firstArgument: String?
        /// The name `x`, when the first argument is `vars.x`.
        package let firstVariable: String?
        /// The member of the result that is accessed; nil when there is none.
        package let field: String?
        /// The position, in bytes from the start of the expression.
        package let offset: Int
    }

    /// The variables, in order.
    package private(set) var paths: [Path] = []
    /// The calls, in order, including functions of the language.
    package private(set) var calls: [Call] = []
    /// Subtractions that are probably meant as a name with a hyphen: `outputs.open-pr` is `outputs.open` minus `pr`.
    package private(set) var hyphens: [Path] = []
    /// The function, when the whole expression is one call.
    package private(set) var outermostCall: String?
    /// True when the whole expression is one path, with or without `??`.
    package private(set) var isPlainPath = false
    /// The operators of the expression; `?:` for a conditional.
    package private(set) var operators: Set<String> = []

    /// The variables of Kargo. After a hyphen they are operands, not the second half of a name.
    private static let roots: Set<String> = ["ctx", "outputs", "response", "task", "vars"]

    init(_ root: SyntaxNode) {
        var bound: Set<String> = []
        visit(root, coalesced: false, bound: &bound)
        switch root.syntax {
        case .call(let callee, _):
            if case .name(let name) = callee.syntax { outermostCall = name }
        case .name, .member: isPlainPath = true
        case .binary("??", let left, _): if case .member = left.syntax { isPlainPath = true }
        default: break
        }
    }

    private mutating func visit(_ node: SyntaxNode, coalesced: Bool, bound: inout Set<String>) {
        switch node.syntax {
        case .name(let name):
            guard !bound.contains(name) else { return }
            paths.append(
                Path(root: name, members: [], firstOptional: nil, isCoalesced: coalesced, offset: node.offset))
        case .member(let base, let key, _):
            if let path = Self.path(node, coalesced: coalesced) {
                if !bound.contains(path.root) { paths.append(path) }
            } else if case .call(let callee, let arguments) = base.syntax, case .name(let name) = callee.syntax {
                add(name, arguments, field: Self.text(key), at: base.offset)
                for argument in arguments { visit(argument, coalesced: false, bound: &bound) }
            } else {
                visit(base, coalesced: coalesced, bound: &bound)
            }
            visitKeys(node, bound: &bound)
        case .call(let callee, let arguments):
            if case .name(let name) = callee.syntax {
                add(name, arguments, field: nil, at: node.offset)
            } else {
                visit(callee, coalesced: false, bound: &bound)
            }
            for argument in arguments { visit(argument, coalesced: false, bound: &bound) }
        case .binary(let symbol, let left, let right):
            operators.insert(symbol)
            if symbol == "-", let path = Self.path(left, coalesced: false), !path.members.isEmpty,
                case .name(let word) = Self.leftmost(right).syntax, !bound.contains(word), !Self.roots.contains(word)
            {
                // The right side is the rest of a name, not a variable.
                hyphens.append(path)
                visit(left, coalesced: coalesced, bound: &bound)
                return
            }
            visit(left, coalesced: coalesced || symbol == "??", bound: &bound)
            visit(right, coalesced: coalesced, bound: &bound)
        case .binding(let name, let value, let body):
            visit(value, coalesced: coalesced, bound: &bound)
            let isNew = bound.insert(name).inserted
            visit(body, coalesced: coalesced, bound: &bound)
            if isNew { bound.remove(name) }
        case .group(let inner): visit(inner, coalesced: coalesced, bound: &bound)
        case .unary(let symbol, let inner):
            operators.insert(symbol)
            visit(inner, coalesced: false, bound: &bound)
        default:
            if case .conditional = node.syntax { operators.insert("?:") }
            for child in node.syntax.children { visit(child, coalesced: coalesced, bound: &bound) }
        }
    }

    /// Visits the computed keys between the brackets of a path.
    private mutating func visitKeys(_ node: SyntaxNode, bound: inout Set<String>) {
        guard case .member(let base, let key, _) = node.syntax else { return }
        if Self.text(key) == nil { visit(key, coalesced: false, bound: &bound) }
        if Self.path(base, coalesced: false) != nil { visitKeys(base, bound: &bound) }
    }

    private mutating func add(_ name: String, _ arguments: [SyntaxNode], field: String?, at offset: Int) {
        let variable = arguments.first.flatMap { Self.path($0, coalesced: false) }
        calls.append(
            Call(
                name: name, firstArgument: arguments.first.flatMap(Self.text),
                firstVariable: variable?.root == "vars" && variable?.members.count == 1
                    ? variable?.members.first.flatMap { $0 } : nil, field: field,
                offset: offset))
    }

    private static func text(_ node: SyntaxNode) -> String? {
        if case .literal(.string(let text)) = node.syntax { text } else { nil }
    }

    private static func leftmost(_ node: SyntaxNode) -> SyntaxNode {
        if case .member(let base, _, _) = node.syntax { leftmost(base) } else { node }
    }

    private static func path(_ node: SyntaxNode, coalesced: Bool) -> Path? {
        var members: [String?] = []
        var optionals: [Bool] = []
        var current = node
        while case .member(let base, let key, let isOptional) = current.syntax {
            members.append(text(key))
            optionals.append(isOptional)
            current = base
        }
        guard case .name(let root) = current.syntax else { return nil }
        return Path(
            root: root, members: members.reversed(), firstOptional: Array(optionals.reversed()).firstIndex(of: true),
            isCoalesced: coalesced, offset: current.offset)
    }
}
