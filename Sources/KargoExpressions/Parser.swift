internal import Documents

/// Parses tokens into a syntax tree.
struct Parser {
    private var tokens: [Token]
    private var position = 0
    private var depth = 0
    private let limits: ExpressionLimits
    /// The number of enclosing predicates: `#` and a leading dot are valid only inside one.
    private var closures = 0

    /// The binary operators with their precedence.
    private static let precedences: [String: Int] = [
        "|": 0, "or": 10, "||": 10, "and": 15, "&&": 15, "==": 20, "!=": 20, "<": 20, ">": 20, "<=": 20, ">=": 20,
        "in": 20, "matches": 20, "contains": 20, "startsWith": 20, "endsWith": 20, "..": 25, "+": 30, "-": 30, "*": 60,
        "/": 60, "%": 60, "**": 100, "^": 100, "??": 500,
    ]
    private static let prefixes = ["not": 50, "!": 50, "-": 90, "+": 90]
    private static let negatable = ["in", "matches", "contains", "startsWith", "endsWith"]

    /// Parses a text that contains exactly one expression.
    static func parse(_ text: String, limits: ExpressionLimits) throws(ExpressionError) -> SyntaxNode {
        guard text.utf8.count <= limits.bytes else {
            throw ExpressionError(
                .limit, "the expression has \(text.utf8.count) bytes, more than the limit of \(limits.bytes)")
        }
        var parser = Parser(tokens: try Lexer.tokens(text), limits: limits)
        guard parser.current.kind != .end else { throw ExpressionError(.syntax, "the expression is empty") }
        let node = try parser.sequence()
        guard parser.current.kind == .end else { throw parser.unexpected() }
        return node
    }

    private init(tokens: [Token], limits: ExpressionLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    private var current: Token { tokens[position] }

    private mutating func advance() { if position < tokens.count - 1 { position += 1 } }

    private func unexpected() -> ExpressionError {
        let what = current.kind == .end ? "the expression ends too early" : "\(current.text) is not allowed here"
        return ExpressionError(.syntax, what, offset: current.offset)
    }

    private mutating func expect(bracket text: String) throws(ExpressionError) {
        guard current.isBracket(text) else { throw unexpected() }
        advance()
    }

    private mutating func expect(operator text: String) throws(ExpressionError) {
        guard current.isOperator(text) else { throw unexpected() }
        advance()
    }

    private func check(_ node: SyntaxNode) throws(ExpressionError) {
        guard node.height <= limits.height else {
            throw ExpressionError(
                .limit, "the syntax tree is higher than the limit of \(limits.height)", offset: node.offset)
        }
    }

    private mutating func sequence() throws(ExpressionError) -> SyntaxNode {
        var nodes = [try expression()]
        while current.isOperator(";") {
            advance()
            if current.kind == .end || current.isBracket(")") || current.isBracket("}") { break }
            nodes.append(try expression())
        }
        return nodes.count == 1 ? nodes[0] : SyntaxNode(.sequence(nodes), nodes[0].offset)
    }

    private mutating func expression(_ precedence: Int = 0) throws(ExpressionError) -> SyntaxNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depth else {
            throw ExpressionError(
                .limit, "the expression is nested deeper than the limit of \(limits.depth)", offset: current.offset)
        }
        if precedence == 0, current.kind == .name {
            if current.text == "let" { return try binding() }
            if current.text == "if" { return try statement() }
        }
        var left = try primary()
        var previous = ""
        while current.kind == .operator {
            let token = current
            var symbol = token
            let isNegated = token.text == "not"
            if isNegated {
                let next = tokens[min(position + 1, tokens.count - 1)]
                guard next.kind == .operator, Self.negatable.contains(next.text) else { break }
                symbol = next
            }
            guard let own = Self.precedences[symbol.text], own >= precedence else { break }
            if previous == "??", symbol.text != "??" {
                throw ExpressionError(
                    .syntax, "\(symbol.text) cannot be mixed with ?? without parentheses", offset: symbol.offset)
            }
            if isNegated { advance() }
            advance()
            if symbol.text == "|" {
                left = try pipe(left)
            } else {
                let isRight = symbol.text == "**" || symbol.text == "^"
                let right = try expression(isRight ? own : own + 1)
                left = SyntaxNode(.binary(symbol.text, left, right), symbol.offset)
                if isNegated { left = SyntaxNode(.unary("not", left), token.offset) }
            }
            try check(left)
            previous = symbol.text
        }
        return precedence == 0 ? try conditional(left) : left
    }

    private mutating func conditional(_ condition: SyntaxNode) throws(ExpressionError) -> SyntaxNode {
        var condition = condition
        while current.isOperator("?") {
            let offset = current.offset
            advance()
            if current.isOperator(":") {
                advance()
                condition = SyntaxNode(.conditional(condition, condition, try expression()), offset)
                continue
            }
            let yes = try expression()
            try expect(operator: ":")
            condition = SyntaxNode(.conditional(condition, yes, try expression()), offset)
        }
        return condition
    }

    private mutating func binding() throws(ExpressionError) -> SyntaxNode {
        let offset = current.offset
        advance()
        guard current.kind == .name else { throw unexpected() }
        let name = current.text
        advance()
        try expect(operator: "=")
        let value = try expression()
        try expect(operator: ";")
        return SyntaxNode(.binding(name, value, try sequence()), offset)
    }

    private mutating func statement() throws(ExpressionError) -> SyntaxNode {
        let offset = current.offset
        advance()
        let condition = try expression()
        try expect(bracket: "{")
        let yes = try sequence()
        try expect(bracket: "}")
        guard current.kind == .name, current.text == "else" else { throw unexpected() }
        advance()
        if current.kind == .name, current.text == "if" {
            return SyntaxNode(.conditional(condition, yes, try statement()), offset)
        }
        try expect(bracket: "{")
        let no = try sequence()
        try expect(bracket: "}")
        return SyntaxNode(.conditional(condition, yes, no), offset)
    }

    private mutating func pipe(_ first: SyntaxNode) throws(ExpressionError) -> SyntaxNode {
        guard current.kind == .name else { throw unexpected() }
        let name = current
        advance()
        guard current.isBracket("(") else { throw unexpected() }
        let arguments = try arguments(of: name.text, after: first)
        return try postfix(SyntaxNode(.call(SyntaxNode(.name(name.text), name.offset), arguments), name.offset))
    }

    private mutating func primary() throws(ExpressionError) -> SyntaxNode {
        let token = current
        if token.kind == .operator {
            if let precedence = Self.prefixes[token.text] {
                advance()
                return try postfix(SyntaxNode(.unary(token.text, try expression(precedence)), token.offset))
            }
            if closures > 0, token.text == "#" || token.text == "." { return try postfix(try pointer()) }
            throw unexpected()
        }
        switch token.kind {
        case .bracket where token.text == "(":
            advance()
            let node = try sequence()
            try expect(bracket: ")")
            return try postfix(SyntaxNode(.group(node), token.offset))
        case .bracket where token.text == "[": return try postfix(try array())
        case .bracket where token.text == "{": return try postfix(try map())
        case .string:
            advance()
            return try postfix(SyntaxNode(.literal(.string(token.text)), token.offset))
        case .number:
            advance()
            guard let value = Number(literal: token.text) else {
                throw ExpressionError(.syntax, "\(token.text) is not a number", offset: token.offset)
            }
            return try postfix(SyntaxNode(.literal(value.json), token.offset))
        case .name:
            advance()
            switch token.text {
            case "true": return try postfix(SyntaxNode(.literal(.bool(true)), token.offset))
            case "false": return try postfix(SyntaxNode(.literal(.bool(false)), token.offset))
            case "nil": return try postfix(SyntaxNode(.literal(.null), token.offset))
            default: break
            }
            let name = SyntaxNode(.name(token.text), token.offset)
            guard current.isBracket("(") else { return try postfix(name) }
            let call = SyntaxNode(.call(name, try arguments(of: token.text)), token.offset)
            return try postfix(call)
        default: throw unexpected()
        }
    }

    private mutating func pointer() throws(ExpressionError) -> SyntaxNode {
        let offset = current.offset
        guard current.text == "#" else { return SyntaxNode(.pointer(""), offset) }
        advance()
        guard current.kind == .name, current.offset == offset + 1 else { return SyntaxNode(.pointer(""), offset) }
        let name = current.text
        advance()
        return SyntaxNode(.pointer(name), offset)
    }

    private mutating func arguments(of name: String, after first: SyntaxNode? = nil) throws(ExpressionError)
        -> [SyntaxNode]
    {
        try expect(bracket: "(")
        var arguments = first.map { [$0] } ?? []
        let predicate = Builtin.predicates[name]
        while !current.isBracket(")") {
            if predicate == arguments.count {
                arguments.append(try closure())
            } else {
                arguments.append(try expression())
            }
            if current.isOperator(",") { advance() } else { break }
        }
        try expect(bracket: ")")
        return arguments
    }

    private mutating func closure() throws(ExpressionError) -> SyntaxNode {
        closures += 1
        defer { closures -= 1 }
        let offset = current.offset
        guard current.isBracket("{") else { return SyntaxNode(.closure(try expression()), offset) }
        advance()
        let body = try sequence()
        try expect(bracket: "}")
        return SyntaxNode(.closure(body), offset)
    }

    private mutating func array() throws(ExpressionError) -> SyntaxNode {
        let offset = current.offset
        try expect(bracket: "[")
        var nodes: [SyntaxNode] = []
        while !current.isBracket("]") {
            nodes.append(try expression())
            if current.isOperator(",") { advance() } else { break }
        }
        try expect(bracket: "]")
        return SyntaxNode(.array(nodes), offset)
    }

    private mutating func map() throws(ExpressionError) -> SyntaxNode {
        let offset = current.offset
        try expect(bracket: "{")
        var pairs: [(key: SyntaxNode, value: SyntaxNode)] = []
        while !current.isBracket("}") {
            let token = current
            let key: SyntaxNode
            switch token.kind {
            case .name, .string, .number:
                advance()
                key = SyntaxNode(.literal(.string(token.text)), token.offset)
            case .bracket where token.text == "(": key = try expression()
            default: throw unexpected()
            }
            try expect(operator: ":")
            pairs.append((key, try expression()))
            if current.isOperator(",") { advance() } else { break }
        }
        try expect(bracket: "}")
        return SyntaxNode(.map(pairs), offset)
    }

    private mutating func postfix(_ node: SyntaxNode) throws(ExpressionError) -> SyntaxNode {
        var node = node
        while true {
            try check(node)
            let token = current
            if token.isOperator(".") || token.isOperator("?.") {
                let isOptional = token.text == "?."
                advance()
                if isOptional, current.isBracket("[") {
                    node = try element(of: node, isOptional: true)
                    continue
                }
                // A word such as `in` or `contains` may be the name of a member.
                guard current.kind == .name || current.kind == .operator && current.text.first?.isLetter == true else {
                    throw unexpected()
                }
                let key = SyntaxNode(.literal(.string(current.text)), current.offset)
                advance()
                node = SyntaxNode(.member(node, key: key, isOptional: isOptional), token.offset)
                if current.isBracket("(") {
                    node = SyntaxNode(.call(node, try arguments(of: "")), token.offset)
                }
            } else if token.isBracket("[") {
                node = try element(of: node, isOptional: false)
            } else {
                return node
            }
        }
    }

    private mutating func element(of node: SyntaxNode, isOptional: Bool) throws(ExpressionError) -> SyntaxNode {
        let offset = current.offset
        try expect(bracket: "[")
        var from: SyntaxNode?
        if !current.isOperator(":") { from = try expression() }
        if current.isOperator(":") {
            advance()
            let to = current.isBracket("]") ? nil : try expression()
            try expect(bracket: "]")
            return SyntaxNode(.slice(node, from: from, to: to), offset)
        }
        try expect(bracket: "]")
        guard let from else { throw unexpected() }
        return SyntaxNode(.member(node, key: from, isOptional: isOptional), offset)
    }
}
