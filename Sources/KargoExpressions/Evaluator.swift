internal import Documents
internal import Support

/// Evaluates a syntax tree.
struct Evaluator {
    let environment: ExpressionEnvironment
    private var steps: Int
    private var bindings: [String: JSONValue] = [:]
    private var pointers: [[String: JSONValue]] = []

    init(environment: ExpressionEnvironment, steps: Int) {
        self.environment = environment
        self.steps = steps
    }

    mutating func value(of node: SyntaxNode) throws(ExpressionError) -> JSONValue {
        try chain(node) ?? .null
    }

    /// The value of a node; nil when `?.` was applied to nil, which ends the enclosing chain of members.
    private mutating func chain(_ node: SyntaxNode) throws(ExpressionError) -> JSONValue? {
        steps -= 1
        guard steps > 0 else {
            throw ExpressionError(.limit, "the evaluation exceeds the limit of steps", offset: node.offset)
        }
        switch node.syntax {
        case .literal(let value): return value
        case .name(let name):
            if let value = bindings[name] { return value }
            return environment.variables[name] ?? .null
        case .pointer(let name):
            guard let value = pointers.last?[name] else {
                throw ExpressionError(.unsupported, "#\(name) is not available", offset: node.offset)
            }
            return value
        case .group(let inner): return try value(of: inner)
        case .member(let base, let key, let isOptional):
            guard let whole = try chain(base) else { return nil }
            if isOptional, whole == .null { return nil }
            try checkField(base, key)
            // A member is found by comparing keys one by one.
            steps -= (whole.members?.count ?? 0) / Self.keysPerStep
            return try member(of: whole, key: try value(of: key), at: node.offset)
        case .slice(let base, let from, let to):
            guard let whole = try chain(base) else { return nil }
            let bounds = (
                from: try from.map { node throws(ExpressionError) in try index(node) },
                to: try to.map { node throws(ExpressionError) in try index(node) }
            )
            return try slice(whole, bounds.from, bounds.to, at: node.offset)
        case .call(let callee, let arguments):
            return try charged(try call(callee, arguments, at: node.offset), at: node.offset)
        case .closure:
            throw ExpressionError(.syntax, "a predicate is used where a value is expected", offset: node.offset)
        case .unary(let symbol, let inner):
            return try Operators.unary(symbol, try value(of: inner), at: node.offset)
        case .binary(let symbol, let left, let right): return try binary(symbol, left, right, at: node.offset)
        case .conditional(let condition, let yes, let no):
            let isTrue = try bool(try value(of: condition), of: "the condition of ? :", at: condition.offset)
            return try value(of: isTrue ? yes : no)
        case .array(let nodes):
            var elements: [JSONValue] = []
            for node in nodes { elements.append(try value(of: node)) }
            return try charged(.array(elements), at: node.offset)
        case .map(let pairs):
            var members: [JSONMember] = []
            for pair in pairs {
                guard case .string(let key) = try value(of: pair.key) else {
                    throw ExpressionError(.type, "a key of a map must be a string", offset: pair.key.offset)
                }
                members.removeAll { $0.key == key }
                members.append(JSONMember(key: key, value: try value(of: pair.value)))
            }
            return try charged(.object(members), at: node.offset)
        case .binding(let name, let inner, let body):
            let outer = bindings[name]
            bindings[name] = try value(of: inner)
            defer { bindings[name] = outer }
            return try value(of: body)
        case .sequence(let nodes):
            var last = JSONValue.null
            for node in nodes { last = try value(of: node) }
            return last
        }
    }

    /// Charges steps for a new value by its size, so that an expression that doubles a value repeatedly reaches the
    /// limit.
    private mutating func charged(_ value: JSONValue, at offset: Int) throws(ExpressionError) -> JSONValue {
        guard pay(for: value) else {
            throw ExpressionError(.limit, "the values of the expression exceed the limit of steps", offset: offset)
        }
        return value
    }

    private mutating func pay(for value: JSONValue) -> Bool {
        steps -= 1
        switch value {
        case .string(let text): steps -= text.utf8.count / Self.bytesPerStep
        case .array(let elements): for element in elements where !pay(for: element) { return false }
        case .object(let members): for member in members where !pay(for: member.value) { return false }
        default: break
        }
        return steps > 0
    }

    /// With the standard limits, a response of 2 MiB, the largest that Kargo's http step reads, can be copied ten
    /// times.
    private static let bytesPerStep = 256
    /// Comparing this many keys takes as long as a step.
    private static let keysPerStep = 16

    private mutating func binary(_ symbol: String, _ left: SyntaxNode, _ right: SyntaxNode, at offset: Int)
        throws(ExpressionError) -> JSONValue
    {
        let first = try value(of: left)
        switch symbol {
        case "&&", "and", "||", "or":
            let isTrue = try bool(first, of: symbol, at: left.offset)
            if isTrue == (symbol == "||" || symbol == "or") { return .bool(isTrue) }
            return .bool(try bool(try value(of: right), of: symbol, at: right.offset))
        case "??": return first == .null ? try value(of: right) : first
        default:
            let second = try value(of: right)
            // A comparison reads every value of both sides.
            if ["==", "!=", "in", "contains"].contains(symbol) { _ = try charged([first, second], at: offset) }
            return try charged(try Operators.binary(symbol, first, second, at: offset), at: offset)
        }
    }

    private mutating func call(_ callee: SyntaxNode, _ arguments: [SyntaxNode], at offset: Int) throws(ExpressionError)
        -> JSONValue
    {
        guard let name = functionName(callee) else {
            throw ExpressionError(.type, "only a function can be called", offset: offset)
        }
        if let function = environment.functions[name] {
            var values: [JSONValue] = []
            for argument in arguments { values.append(try value(of: argument)) }
            do {
                return try function(values)
            } catch {
                throw ExpressionError(.function, "\(name)(): \(error)", offset: offset)
            }
        }
        if let place = Builtin.predicates[name], arguments.indices.contains(place),
            case .closure(let body) = arguments[place].syntax
        {
            return try predicate(name, list: try value(of: arguments[0]), body, at: offset)
        }
        guard let function = Builtin.functions[name] else {
            if Builtin.names.contains(name) {
                throw ExpressionError(.unsupported, "\(name)() cannot be evaluated here", offset: offset)
            }
            throw ExpressionError(.unknownFunction, "the function \(name)() does not exist", offset: offset)
        }
        var values: [JSONValue] = []
        for argument in arguments { values.append(try value(of: argument)) }
        do {
            return try function(values)
        } catch {
            throw ExpressionError(error.code, "\(name)(): \(error.message)", offset: offset)
        }
    }

    private func functionName(_ callee: SyntaxNode) -> String? {
        switch callee.syntax {
        case .name(let name): return name
        case .member(let base, let key, _):
            guard case .name(let root) = base.syntax, case .literal(.string(let text)) = key.syntax else { return nil }
            return "\(root).\(text)"
        default: return nil
        }
    }

    /// The result of a function with a predicate.
    private mutating func predicate(
        _ name: String, list: JSONValue, _ body: SyntaxNode, at offset: Int
    ) throws(ExpressionError) -> JSONValue {
        guard case .array(let elements) = list else {
            throw ExpressionError(.type, "\(name)() requires a list", offset: offset)
        }
        var results: [JSONValue] = []
        for (index, element) in elements.enumerated() {
            pointers.append(["": element, "index": .number(String(index))])
            defer { pointers.removeLast() }
            results.append(try value(of: body))
        }
        if name == "map" { return .array(results) }
        var truths: [Bool] = []
        for result in results { truths.append(try bool(result, of: "\(name)()", at: body.offset)) }
        switch name {
        case "all": return .bool(truths.allSatisfy { $0 })
        case "any": return .bool(truths.contains(true))
        case "none": return .bool(!truths.contains(true))
        case "one": return .bool(truths.count { $0 } == 1)
        case "count": return .number(String(truths.count { $0 }))
        case "filter": return .array(zip(elements, truths).filter(\.1).map(\.0))
        case "find": return zip(elements, truths).first { $0.1 }?.0 ?? .null
        case "findIndex": return .number(String(truths.firstIndex(of: true) ?? -1))
        default: throw ExpressionError(.unsupported, "\(name)() cannot be evaluated here", offset: offset)
        }
    }

    /// Checks that a record of the host has the field that is accessed.
    private func checkField(_ base: SyntaxNode, _ key: SyntaxNode) throws(ExpressionError) {
        guard case .call(let callee, _) = base.syntax, let name = functionName(callee),
            let fields = environment.fields[name], case .literal(.string(let field)) = key.syntax
        else { return }
        guard fields.contains(field) else {
            throw ExpressionError(
                .missing,
                "the result of \(name)() has no field \(field); its fields are \(fields.sorted().joined(separator: ", "))",
                offset: key.offset)
        }
    }

    private mutating func index(_ node: SyntaxNode) throws(ExpressionError) -> Int {
        guard let index = try value(of: node).int else {
            throw ExpressionError(.type, "a bound of a slice must be a whole number", offset: node.offset)
        }
        return Int(index)
    }

    private func slice(_ whole: JSONValue, _ from: Int?, _ to: Int?, at offset: Int) throws(ExpressionError)
        -> JSONValue
    {
        func range(_ count: Int) -> Range<Int> {
            func place(_ index: Int) -> Int { min(max(index < 0 ? count + index : index, 0), count) }
            let start = place(from ?? 0)
            return start..<max(start, place(to ?? count))
        }
        switch whole {
        case .array(let elements): return .array(Array(elements[range(elements.count)]))
        case .string(let text):
            let bytes = Array(text.utf8)
            return .string(String(decoding: bytes[range(bytes.count)], as: UTF8.self))
        default: throw ExpressionError(.type, "only a list or a string can be sliced", offset: offset)
        }
    }

    private func member(of whole: JSONValue, key: JSONValue, at offset: Int) throws(ExpressionError) -> JSONValue {
        switch (whole, key) {
        case (.object, .string(let name)): return whole[name] ?? .null
        case (.array(let elements), .number):
            guard let index = key.int else { break }
            let place = index < 0 ? Int64(elements.count) + index : index
            guard elements.indices.contains(Int(place)) else {
                throw ExpressionError(.missing, "the list has no element \(index)", offset: offset)
            }
            return elements[Int(place)]
        case (.null, .string(let name)):
            throw ExpressionError(
                .missing, "\(name) is a member of nil; use ?. when the value may be nil", offset: offset)
        default: break
        }
        let name = if case .string(let name) = key { name } else { "of that type" }
        throw ExpressionError(.type, "\(Operators.name(of: whole)) has no member \(name)", offset: offset)
    }

    private func bool(_ value: JSONValue, of what: String, at offset: Int) throws(ExpressionError) -> Bool {
        guard case .bool(let isTrue) = value else {
            throw ExpressionError(
                .type, "\(what) requires a boolean, not \(Operators.name(of: value))", offset: offset)
        }
        return isTrue
    }
}
