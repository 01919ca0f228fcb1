internal import Support

/// How Go reads and writes numbers, truth values and quoted text: Kargo's results are Go's.
package enum GoText {
    /// The floating-point number that Go reads in a text; nil when it reads none there.
    package static func double(_ text: String) -> Double? {
        var rest = Substring(text)
        if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
        let word = rest.lowercased()
        if ["inf", "infinity"].contains(word) { return text.first == "-" ? -.infinity : .infinity }
        if word == "nan" { return text == rest ? .nan : nil }
        guard text.utf8.allSatisfy({ isNumeric($0) }), rest.contains(where: { $0.isASCII && $0.isHexDigit }) else {
            return nil
        }
        // Swift takes "1." and ".5" for nothing; Go takes both.
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

    /// The truth value that Go reads in a text; nil when it reads none there.
    package static func bool(_ text: String) -> Bool? {
        if ["1", "t", "T", "TRUE", "true", "True"].contains(text) { return true }
        if ["0", "f", "F", "FALSE", "false", "False"].contains(text) { return false }
        return nil
    }

    /// A number as Go's JSON encoder writes it.
    static func json(_ value: Double, keepingPoint: Bool = false) -> String {
        let size = abs(value)
        guard size != 0 else { return keepingPoint ? "0.0" : "0" }
        guard size < 1e-6 || size >= 1e21 else {
            let text = plain(value)
            return keepingPoint && !text.contains(".") ? text + ".0" : text
        }
        // e-09 is written e-9, and e+22 as it is.
        let (digits, exponent) = parts(value)
        let sign = value < 0 ? "-" : ""
        let rest = digits.dropFirst()
        return sign + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest)
            + (exponent - 1 < 0 ? "e-\(1 - exponent)" : "e+\(exponent - 1)")
    }

    /// A number as Go's `%v` prints it.
    package static func general(_ value: Double) -> String {
        let (digits, exponent) = parts(value)
        let power = exponent - 1
        guard value != 0, power < -4 || power >= 6 else { return value == 0 ? "0" : plain(value) }
        let rest = digits.dropFirst()
        let number = abs(power) < 10 ? "0\(abs(power))" : "\(abs(power))"
        return (value < 0 ? "-" : "") + digits.prefix(1) + (rest.isEmpty ? "" : "." + rest)
            + (power < 0 ? "e-" : "e+") + number
    }

    /// A text in quotes, as Go's `%q` prints it.
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

    /// The digits of a number, and where the point stands among them.
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
