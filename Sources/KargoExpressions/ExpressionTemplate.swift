package import Documents
internal import Support

/// A string of a Kargo manifest: literal text, and expressions between `${{ }}` or `${% %}`.
package struct ExpressionTemplate: Sendable {
    /// A part of the string.
    package enum Segment: Sendable {
        /// Literal text.
        case text(String)
        /// An expression and its position, in bytes from the start of the string.
        case expression(KargoExpression, offset: Int)
    }

    /// The parts in order.
    package let segments: [Segment]
    private let source: String

    /// The delimiters of expressions. The first closing delimiter ends the expression, even inside a string or a map.
    static let delimiters = [(open: "${{", close: "}}"), (open: "${%", close: "%}")]

    /// The functions that a template adds to the language.
    package static let functionNames: Set<String> = ["quote", "unsafeQuote", "asYAML", "asJSON"]

    /// True when a string contains an opening delimiter. Kargo does not change any other string.
    ///
    /// Bytes are compared: with a combining mark after it, a brace is another `Character`, but the same delimiter.
    package static func hasExpression(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return delimiters.contains { ByteSearch.first(Array($0.open.utf8), in: bytes) != nil }
    }

    /// Parses a string.
    ///
    /// - Throws: `ExpressionError`, with an offset from the start of the string.
    package init(parsing text: String, limits: ExpressionLimits = .standard) throws(ExpressionError) {
        source = text
        var segments: [Segment] = []
        for piece in try Self.split(text) {
            guard piece.isExpression else {
                if !piece.text.isEmpty { segments.append(.text(piece.text)) }
                continue
            }
            do {
                segments.append(
                    .expression(try KargoExpression(parsing: piece.text, limits: limits), offset: piece.offset))
            } catch {
                throw ExpressionError(error.code, error.message, offset: piece.offset + error.offset)
            }
        }
        self.segments = segments
    }

    /// The expressions in order.
    package var expressions: [KargoExpression] {
        segments.compactMap { if case .expression(let expression, _) = $0 { expression } else { nil } }
    }

    /// The expression, when the string is one expression and white space: the result may then be a number, a boolean or
    /// a map.
    package var wholeExpression: KargoExpression? {
        let rest = segments.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
        guard expressions.count == 1, rest.allSatisfy(\.isWhitespace) else { return nil }
        return expressions.first
    }

    /// The value of the string. As in Kargo, a result that looks like a number, a boolean or JSON is converted to it,
    /// unless it is in double quotes, which are removed.
    package func evaluate(in environment: ExpressionEnvironment) throws(ExpressionError) -> JSONValue {
        guard Self.hasExpression(source) else { return .string(source) }
        var environment = environment
        environment.functions.merge(Self.functions) { $1 }
        var result = ""
        for segment in segments {
            switch segment {
            case .text(let text): result += text
            case .expression(let expression, let offset):
                do {
                    let value = try expression.evaluate(in: environment)
                    if case .string(let text) = value { result += text } else { result += GoJSON.text(value) }
                } catch {
                    throw ExpressionError(error.code, error.message, offset: offset + error.offset)
                }
            }
        }
        return Self.coerce(result)
    }

    /// Replaces every string of a tree by its value. Keys are not evaluated.
    package static func evaluate(_ tree: JSONValue, in environment: ExpressionEnvironment) throws(ExpressionError)
        -> JSONValue
    {
        switch tree {
        case .object(let members):
            var result: [JSONMember] = []
            for member in members {
                result.append(JSONMember(key: member.key, value: try evaluate(member.value, in: environment)))
            }
            return .object(result)
        case .array(let elements):
            var result: [JSONValue] = []
            for element in elements { result.append(try evaluate(element, in: environment)) }
            return .array(result)
        case .string(let text): return try ExpressionTemplate(parsing: text).evaluate(in: environment)
        default: return tree
        }
    }

    private static func coerce(_ text: String) -> JSONValue {
        let hadNewline = text.hasSuffix("\n")
        let body = hadNewline ? String(text.dropLast()) : text
        if body.utf8.count > 1, body.hasPrefix("\""), body.hasSuffix("\"") {
            return .string(String(body.dropFirst().dropLast()) + (hadNewline ? "\n" : ""))
        }
        if let number = GoText.double(body) {
            return number.isFinite ? .number(GoText.json(number)) : .string(body)
        }
        if let isTrue = GoText.bool(body) { return .bool(isTrue) }
        // A number that is valid JSON and that Go did not parse is out of range.
        if let value = try? JSONParser.parse(Array(body.utf8), file: ""), Number(value) == nil { return value }
        return .string(text)
    }

    private static func split(_ text: String) throws(ExpressionError) -> [(
        isExpression: Bool, text: String, offset: Int
    )] {
        var pieces: [(isExpression: Bool, text: String, offset: Int)] = []
        let bytes = Array(text.utf8)
        func add(_ range: Range<Int>, isExpression: Bool) {
            pieces.append((isExpression, String(decoding: bytes[range], as: UTF8.self), range.lowerBound))
        }
        var (piece, next) = (0, 0)
        // Both opening delimiters begin with these bytes, so the text is read once.
        while let index = ByteSearch.first(Array("${".utf8), in: bytes, from: next) {
            next = index + 2
            guard let mark = delimiters.first(where: { bytes[index...].starts(with: $0.open.utf8) }) else { continue }
            let start = index + mark.open.utf8.count
            guard let end = ByteSearch.first(Array(mark.close.utf8), in: bytes, from: start) else {
                throw ExpressionError(.syntax, "\(mark.open) is not closed by \(mark.close)", offset: start)
            }
            add(piece..<index, isExpression: false)
            add(start..<end, isExpression: true)
            piece = end + mark.close.utf8.count
            next = piece
        }
        add(piece..<bytes.count, isExpression: false)
        return pieces
    }

    private static let functions: [String: ExpressionEnvironment.Function] = [
        "quote": { arguments in
            guard arguments.count == 1 else { throw ExpressionError(.type, "it takes one argument") }
            if case .string(let text) = arguments[0] { return .string(GoText.quoted(text)) }
            return .string("\"\(GoJSON.text(arguments[0]))\"")
        },
        "unsafeQuote": { arguments in
            guard arguments.count == 1 else { throw ExpressionError(.type, "it takes one argument") }
            return .string("\"\(GoJSON.text(arguments[0]))\"")
        },
        "asJSON": { arguments in
            guard arguments.count == 1 else { throw ExpressionError(.type, "it takes one argument") }
            return .string("\"\(GoJSON.indented(arguments[0]))\n\"")
        },
        "asYAML": { _ in throw ExpressionError(.unsupported, "it cannot be evaluated here") },
    ]
}
