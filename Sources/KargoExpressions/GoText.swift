internal import Documents
internal import Support

/// Parses and formats numbers, booleans and quoted strings as Go does, because Kargo's evaluator is written in Go.
package enum GoText {
    /// The number that `strconv.ParseFloat` returns; nil for an error.
    package static func double(_ text: String) -> Double? {
        var rest = Substring(text)
        if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
        let word = rest.lowercased()
        if ["inf", "infinity"].contains(word) { return text.first == "-" ? -.infinity : .infinity }
        if word == "nan" { return text == rest ? .nan : nil }
        guard text.utf8.allSatisfy({ isNumeric($0) }), rest.contains(where: { $0.isASCII && $0.isHexDigit }) else {
            return nil
        }
        // Go accepts "1." and ".5", and Swift does not.
        var normal = word
        if !word.hasPrefix("0x") {
            guard !word.contains("p") else { return nil }
            let parts = normal.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0].contains(where: \.isNumber) else { return nil }
            var mantissa = String(parts[0])
            if mantissa.hasPrefix(".") { mantissa = "0" + mantissa }
            if mantissa.hasSuffix(".") { mantissa += "0" }
            normal = parts.count == 2 ? "\(mantissa)e\(parts[1])" : mantissa
        } else {
            guard word.contains("p") else { return nil }
        }
        guard let value = Double(text.first == "-" ? "-" + normal : normal), value.isFinite else { return nil }
        return value
    }

    /// The value that `strconv.ParseBool` returns; nil for an error.
    package static func bool(_ text: String) -> Bool? {
        if ["1", "t", "T", "TRUE", "true", "True"].contains(text) { return true }
        if ["0", "f", "F", "FALSE", "false", "False"].contains(text) { return false }
        return nil
    }

    /// A number in the format of Go's JSON encoder.
    static func json(_ value: Double, keepingPoint: Bool = false) -> String {
        let size = abs(value)
        guard size != 0 else { return keepingPoint ? "0.0" : "0" }
        guard size < 1e-6 || size >= 1e21 else {
            let text = plain(value)
            return keepingPoint && !text.contains(".") ? text + ".0" : text
        }
        // Go's encoder removes the zero of e-09, and keeps the sign of e+22.
        let (digits, exponent) = parts(value)
        let sign = value < 0 ? "-" : ""
        let rest = digits.dropFirst()
        return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest)
            + (exponent - 1 < 0 ? "e-\(1 - exponent)" : "e+\(exponent - 1)")
    }

    /// A number in the format of Go's `%v`.
    package static func general(_ value: Double) -> String {
        let (digits, exponent) = parts(value)
        let power = exponent - 1
        guard value != 0, power < -4 || power >= 6 else { return value == 0 ? "0" : plain(value) }
        let rest = digits.dropFirst()
        let number = abs(power) < 10 ? "0\(abs(power))" : "\(abs(power))"
        return (value < 0 ? "-" : "") + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest)
            + (power < 0 ? "e-" : "e+") + number
    }

    /// A quoted string in the format of Go's `%q`.
    package static func quoted(_ text: String) -> String {
        String(quoting: text) { scalar in
            switch scalar {
            case "\u{7}": "\\a"
            case "\u{8}": "\\b"
            case "\u{b}": "\\v"
            case "\u{c}": "\\f"
            case "\u{0}"..<" ", "\u{7F}": "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: nil
            }
        }
    }

    /// The digits of a number and the position of the decimal point in them.
    private static func parts(_ value: Double) -> (digits: String, exponent: Int) {
        var text = "\(abs(value))"
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = String(text[..<mark])
        }
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(halves[0])
        let fraction = halves.count == 2 && halves[1] != "0" ? String(halves[1]) : ""
        var digits = whole + fraction
        exponent += whole.count
        while digits.count > 1, digits.hasPrefix("0") {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
        return (digits, exponent)
    }

    private static func plain(_ value: Double) -> String {
        let (digits, exponent) = parts(value)
        let sign = value < 0 ? "-" : ""
        if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
        if digits.count <= exponent { return sign + digits + String(repeating: "0", count: exponent - digits.count) }
        return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
    }

    private static func isNumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.".utf8.contains(byte)
            || "abcdefxp".utf8.contains(byte | 0x20)
    }
}

/// Writes JSON as Go's encoder does: with sorted keys, and with `<`, `>` and `&` escaped.
enum GoJSON {
    static func text(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            let sorted = members.sorted { $0.key.precedesByBytes($1.key) }
            return "{" + sorted.map { "\(quote($0.key)):\(text($0.value))" }.joined(separator: ",") + "}"
        case .array(let elements): return "[" + elements.map(text).joined(separator: ",") + "]"
        case .string(let string): return quote(string)
        case .number(let number):
            if Int64(number) != nil { return number }
            return Double(number).map { GoText.json($0) } ?? number
        case .bool(let isTrue): return isTrue ? "true" : "false"
        case .null: return "null"
        }
    }

    /// JSON over several lines, with an indentation of two spaces.
    static func indented(_ value: JSONValue, indentation: String = "\n") -> String {
        let inner = indentation + "  "
        switch value {
        case .object(let members) where !members.isEmpty:
            let sorted = members.sorted { $0.key.precedesByBytes($1.key) }
            let lines = sorted.map { "\(inner)\(quote($0.key)): \(indented($0.value, indentation: inner))" }
            return "{" + lines.joined(separator: ",") + indentation + "}"
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + indented($0, indentation: inner) }
            return "[" + lines.joined(separator: ",") + indentation + "]"
        default: return text(value)
        }
    }

    private static func quote(_ string: String) -> String {
        String(quoting: string) { scalar in
            switch scalar {
            case "\u{8}": "\\b"
            case "\u{c}": "\\f"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<" ": scalar.jsonEscape
            default: nil
            }
        }
    }
}
