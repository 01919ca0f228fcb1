internal import Documents

/// A number of the language: an integer or a floating-point number.
enum Number: Equatable {
    case int(Int64)
    case double(Double)

    /// The value of a number literal.
    init?(literal text: String) {
        let digits = text.filter { $0 != "_" }
        let lower = digits.lowercased()
        for (prefix, radix) in [("0x", 16), ("0b", 2), ("0o", 8)] where lower.hasPrefix(prefix) {
            guard let value = Int64(lower.dropFirst(2), radix: radix) else { return nil }
            self = .int(value)
            return
        }
        if lower.contains(where: { ".e".contains($0) }) {
            guard let value = GoText.double(digits) else { return nil }
            self = .double(value)
        } else {
            guard let value = Int64(digits) else { return nil }
            self = .int(value)
        }
    }

    /// The number of a JSON value; nil for other types.
    init?(_ value: JSONValue) {
        guard case .number(let text) = value else { return nil }
        if let value = Int64(text) {
            self = .int(value)
        } else {
            guard let value = Double(text) else { return nil }
            self = .double(value)
        }
    }

    var double: Double {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        }
    }

    /// The JSON number. A floating-point number keeps its decimal point, so that it stays one.
    var json: JSONValue {
        switch self {
        case .int(let value): .number(String(value))
        case .double(let value): .number(GoText.json(value, keepingPoint: true))
        }
    }

    static func == (left: Number, right: Number) -> Bool {
        if case .int(let left) = left, case .int(let right) = right { return left == right }
        return left.double == right.double
    }
}
