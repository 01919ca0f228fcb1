internal import Documents

/// What an expression mentions: variables and functions, found without evaluating it.
public struct ExpressionReferences: Sendable {
    /// A variable and the members that are asked of it, such as `outputs.commit.commit`.
    public struct Path: Hashable, Sendable {
        /// The variable.
        public let root: String
        /// The members in order; nil for one that is computed.
        public let members: [String?]
        /// The first member that is asked for with `?.`, as an index into `members`; nil when none is.
        public let firstOptional: Int?
        /// Whether `??` gives another value where this is nil.
        public let isCoalesced: Bool
        /// Where it stands, in bytes from the start of the expression.
        public let offset: Int
    }

    /// A call of a function.
    public struct Call: Hashable, Sendable {
        /// The function.
        public let name: String
        /// The first argument, when it is a text that is written out.
        public let firstArgument: String?
        /// The variable of `vars` that the first argument is; nil when it is something else.
        public let firstVariable: String?
        /// How many arguments it gets.
        public let argumentCount: Int
        /// The member that is asked of what it returns; nil when none is.
        public let field: String?
        /// Where it stands, in bytes from the start of the expression.
        public let offset: Int
    }

    /// Every variable that is mentioned, in order.
    public private(set) var paths: [Path] = []
    /// Every function that is called, in order; those of the language too.
    public private(set) var calls: [Call] = []
    /// Subtractions that look like a name with a hyphen: `outputs.open-pr` is `outputs.open` minus `pr`.
    public private(set) var hyphens: [Path] = []
    /// The outermost function, when the whole expression is one call.
    public private(set) var outermostCall: String?
    /// Whether the expression is a path and nothing else, with or without `??`.
    public private(set) var isPlainPath = false
    /// The operators that it uses; `?:` for a condition.
    public private(set) var operators: Set<String> = []

    /// What Kargo defines: nothing of these is the second half of a name.
    private static let roots: Set<String> = ["ctx", "outputs", "response", "task", "vars"]

    init(_ root: Node) {
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

    private mutating func visit(_ node: Node, coalesced: Bool, bound: inout Set<String>) {
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
                // The rest of a name, not a variable.
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
            for part in node.syntax.parts { visit(part, coalesced: coalesced, bound: &bound) }
        }
    }

    /// What is mentioned between the brackets of a path.
    private mutating func visitKeys(_ node: Node, bound: inout Set<String>) {
        guard case .member(let base, let key, _) = node.syntax else { return }
        if Self.text(key) == nil { visit(key, coalesced: false, bound: &bound) }
        if Self.path(base, coalesced: false) != nil { visitKeys(base, bound: &bound) }
    }

    private mutating func add(_ name: String, _ arguments: [Node], field: String?, at offset: Int) {
        let variable = arguments.first.flatMap { Self.path($0, coalesced: false) }
        calls.append(
            Call(
                name: name, firstArgument: arguments.first.flatMap(Self.text),
                firstVariable: variable?.root == "vars" && variable?.members.count == 1
                    ? variable?.members.first.flatMap { $0 } : nil, argumentCount: arguments.count, field: field,
                offset: offset))
    }

    private static func text(_ node: Node) -> String? {
        if case .literal(.string(let text)) = node.syntax { text } else { nil }
    }

    private static func leftmost(_ node: Node) -> Node {
        if case .member(let base, _, _) = node.syntax { leftmost(base) } else { node }
    }

    private static func path(_ node: Node, coalesced: Bool) -> Path? {
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
