internal import Documents
internal import Support

/// The operators of the language.
enum Operators {
    /// The type of a value for messages.
    static func name(of value: JSONValue) -> String {
        switch value {
        case .object: "a map"
        case .array: "a list"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "nil"
        }
    }

    static func unary(_ symbol: String, _ value: JSONValue, at offset: Int) throws(ExpressionError) -> JSONValue {
        switch (symbol, value) {
        case ("!", .bool(let isTrue)), ("not", .bool(let isTrue)): return .bool(!isTrue)
        case ("-", .number), ("+", .number):
            guard let number = Number(value) else { break }
            guard symbol == "-" else { return value }
            switch number {
            case .int(let whole): return .number(String(0 &- whole))
            case .double(let double): return Number.double(-double).json
            }
        default: break
        }
        throw ExpressionError(.type, "\(symbol) cannot be applied to \(name(of: value))", offset: offset)
    }

    static func binary(_ symbol: String, _ left: JSONValue, _ right: JSONValue, at offset: Int)
        throws(ExpressionError) -> JSONValue
    {
        switch symbol {
        case "==": return .bool(equal(left, right))
        case "!=": return .bool(!equal(left, right))
        case "in":
            switch right {
            case .array(let elements): return .bool(elements.contains { equal(left, $0) })
            case .object: if case .string(let key) = left { return .bool(right[key] != nil) }
            case .null: return .bool(false)
            default: break
            }
        case "contains", "startsWith", "endsWith", "matches":
            guard case .string(let text) = left, case .string(let part) = right else { break }
            switch symbol {
            case "contains":
                return .bool(part.isEmpty || ByteSearch.first(Array(part.utf8), in: Array(text.utf8)) != nil)
            case "startsWith": return .bool(text.utf8.starts(with: part.utf8))
            case "endsWith": return .bool(text.utf8.reversed().starts(with: part.utf8.reversed()))
            default:
                throw ExpressionError(.unsupported, "the operator matches cannot be evaluated here", offset: offset)
            }
        case "..":
            guard let first = left.int, let last = right.int else { break }
            // The limit of expr-lang.
            guard last.subtractingReportingOverflow(first).overflow == false, last - first < 1_000_000 else {
                throw ExpressionError(.limit, "the range has more than a million numbers", offset: offset)
            }
            return .array(first > last ? [] : (first...last).map { .number(String($0)) })
        case "+":
            if case .string(let first) = left, case .string(let second) = right { return .string(first + second) }
            if let value = arithmetic(symbol, left, right) { return value }
        case "-", "*", "/", "%", "**", "^":
            if let value = arithmetic(symbol, left, right) { return value }
        case "<", ">", "<=", ">=":
            if let order = compare(left, right) {
                switch symbol {
                case "<": return .bool(order < 0)
                case ">": return .bool(order > 0)
                case "<=": return .bool(order <= 0)
                default: return .bool(order >= 0)
                }
            }
        default: break
        }
        throw ExpressionError(
            .type, "\(symbol) cannot be applied to \(name(of: left)) and \(name(of: right))", offset: offset)
    }

    /// True when two values are equal. The order of members and the notation of numbers do not matter.
    static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.number, .number): return Number(left) == Number(right)
        case (.array(let first), .array(let second)):
            return first.count == second.count && zip(first, second).allSatisfy(equal)
        case (.object(let first), .object(let second)):
            guard first.count == second.count else { return false }
            let others = Dictionary(second.map { ($0.key, $0.value) }) { first, _ in first }
            return first.allSatisfy { member in others[member.key].map { equal(member.value, $0) } ?? false }
        default: return left == right
        }
    }

    private static func compare(_ left: JSONValue, _ right: JSONValue) -> Int? {
        if case .string(let first) = left, case .string(let second) = right {
            if first == second { return 0 }
            return first.precedesByBytes(second) ? -1 : 1
        }
        guard let first = Number(left), let second = Number(right) else { return nil }
        if case .int(let first) = first, case .int(let second) = second {
            return first == second ? 0 : first < second ? -1 : 1
        }
        return first == second ? 0 : first.double < second.double ? -1 : 1
    }

    private static func arithmetic(_ symbol: String, _ left: JSONValue, _ right: JSONValue) -> JSONValue? {
        guard let first = Number(left), let second = Number(right) else { return nil }
        if case .int(let first) = first, case .int(let second) = second {
            switch symbol {
            case "+": return .number(String(first &+ second))
            case "-": return .number(String(first &- second))
            case "*": return .number(String(first &* second))
            case "%": return second == 0 || second == -1 ? (second == 0 ? nil : 0) : .number(String(first % second))
            default: break
            }
        }
        let result: Double? =
            switch symbol {
            case "+": first.double + second.double
            case "-": first.double - second.double
            case "*": first.double * second.double
            case "/": first.double / second.double
            case "**", "^": power(first.double, second)
            default: nil
            }
        // JSON has no notation for an infinite number.
        return result.flatMap { $0.isFinite ? Number.double($0).json : nil }
    }

    /// A power with an integer exponent. Others would require a mathematics library.
    private static func power(_ base: Double, _ exponent: Number) -> Double? {
        let whole = exponent.double
        guard whole.rounded() == whole, abs(whole) <= 1024 else { return nil }
        let exponent = Int(whole)
        let value = (0..<abs(exponent)).reduce(1.0) { value, _ in value * base }
        return exponent < 0 ? 1 / value : value
    }
}
