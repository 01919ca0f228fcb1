internal import Support

/// Splits an expression into tokens.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0

    private static let words = ["in", "not", "and", "or", "matches", "contains", "startsWith", "endsWith"]
    private static let symbols = [
        "?.", "??", "==", "!=", "<=", ">=", "&&", "||", "**", "..", "+", "-", "*", "/", "%", "^", "<", ">", "!", "?",
        ":",
        ".", ",", ";", "|", "=", "#",
    ]

    /// The tokens of `text`, with an end token as the last.
    static func tokens(_ text: String) throws(ExpressionError) -> [Token] {
        var lexer = Lexer(bytes: Array(text.utf8))
        var tokens: [Token] = []
        while let token = try lexer.next() { tokens.append(token) }
        tokens.append(Token(kind: .end, text: "", offset: lexer.bytes.count))
        return tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func next() throws(ExpressionError) -> Token? {
        try skipSpace()
        guard let byte = peek() else { return nil }
        let start = position
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            return Token(kind: .string, text: try string(byte), offset: start)
        case _ where isDigit(byte) || byte == UInt8(ascii: ".") && peek(1).map(isDigit) == true:
            return Token(kind: .number, text: number(), offset: start)
        case _ where isLetter(byte):
            while let byte = peek(), isLetter(byte) || isDigit(byte) { position += 1 }
            let text = slice(start)
            return Token(kind: Self.words.contains(text) ? .operator : .name, text: text, offset: start)
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"):
            position += 1
            return Token(kind: .bracket, text: slice(start), offset: start)
        default:
            guard let symbol = Self.symbols.first(where: { bytes[start...].starts(with: $0.utf8) }) else {
                let character = String(decoding: bytes[start...].prefix(4), as: UTF8.self).first ?? "?"
                throw ExpressionError(.syntax, "\(character) is not allowed in an expression", offset: start)
            }
            position += symbol.utf8.count
            return Token(kind: .operator, text: symbol, offset: start)
        }
    }

    private mutating func skipSpace() throws(ExpressionError) {
        while let byte = peek() {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                position += 1
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
                while let byte = peek(), byte != 0x0A { position += 1 }
            } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                let start = position
                position += 2
                while position < bytes.count, !(peek() == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) {
                    position += 1
                }
                guard position < bytes.count else {
                    throw ExpressionError(.syntax, "a comment is not closed", offset: start)
                }
                position += 2
            } else {
                return
            }
        }
    }

    private mutating func number() -> String {
        let start = position
        var isHex = false
        while let byte = peek() {
            let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
            if byte == UInt8(ascii: "."), peek(1) == UInt8(ascii: ".") { break }
            if isSign, isHex || (bytes[position - 1] | 0x20) != UInt8(ascii: "e") { break }
            guard isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: ".") || isSign else { break }
            if byte | 0x20 == UInt8(ascii: "x") { isHex = true }
            position += 1
        }
        return slice(start)
    }

    private mutating func string(_ quote: UInt8) throws(ExpressionError) -> String {
        let start = position
        position += 1
        var out: [UInt8] = []
        while let byte = peek(), byte != quote {
            position += 1
            guard byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") else {
                out.append(byte)
                continue
            }
            out += try escape()
        }
        guard peek() == quote else { throw ExpressionError(.syntax, "a string is not closed", offset: start) }
        position += 1
        return String(decoding: out, as: UTF8.self)
    }

    private mutating func escape() throws(ExpressionError) -> [UInt8] {
        guard let byte = peek() else {
            throw ExpressionError(.syntax, "a string ends in the middle of an escape", offset: position)
        }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "a"): return [7]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "v"): return [11]
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): return [byte]
        case UInt8(ascii: "x"): return try hexadecimal(2)
        case UInt8(ascii: "u"): return try hexadecimal(4)
        case UInt8(ascii: "U"): return try hexadecimal(8)
        default: throw ExpressionError(.syntax, "a string contains an unknown escape", offset: position - 2)
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(ExpressionError) -> [UInt8] {
        let digits = bytes[position..<min(position + count, bytes.count)]
        guard digits.count == count, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16), let scalar = Unicode.Scalar(code)
        else { throw ExpressionError(.syntax, "an escape requires \(count) hexadecimal digits", offset: position) }
        position += count
        return Array(String(Character(scalar)).utf8)
    }

    private func peek(_ ahead: Int = 0) -> UInt8? {
        StepCount.add()
        return position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    private func slice(_ start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80 || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "$") || byte >= 0x80
    }
}

/// A token of an expression.
struct Token: Equatable {
    enum Kind: Equatable {
        case name, number, string, `operator`, bracket, end
    }

    let kind: Kind
    /// The text; the value of a string literal.
    let text: String
    /// The position, in bytes from the start of the expression.
    let offset: Int

    func isOperator(_ text: String) -> Bool { kind == .operator && self.text == text }
    func isBracket(_ text: String) -> Bool { kind == .bracket && self.text == text }
}
