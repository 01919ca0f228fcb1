import CapsuleTestSupport
import Documents
import Testing

@testable import KargoExpressions

@Suite("What expressions may take")
struct ExpressionLimitTests {
    static let large = String(repeating: "a", count: 1 << 20)

    static func evaluate(_ source: String) throws -> JSONValue {
        let members = (0..<20_000).map { JSONMember(key: "k\($0)", value: .number("1")) }
        let environment = ExpressionEnvironment(
            variables: [
                "large": .string(large), "x": .string("x"), "object": .object(members),
                "list": .array(Array(repeating: .string("x"), count: 2_000)),
            ])
        return try KargoExpression(parsing: source).evaluate(in: environment)
    }

    @Test(
        "no function makes a value larger than the limit, and none that reaches the limit takes long",
        .timeLimit(.minutes(1)),
        arguments: [
            "replace(large, 'a', large)", "replace(replace(large, 'a', 'aaaaaaaa'), 'a', 'aaaaaaaa')",
            "join(list, large)", "split(large, 'a')", "split(large, '')",
            "map(1..90000, {object.k19999})", "map(1..90000, {object == object})", "map(1..90000, {'x' in list})",
            "map(1..90000, {large contains 'b'})",
        ])
    func growth(source: String) {
        let time = processorTime {
            #expect {
                try Self.evaluate(source)
            } throws: {
                ($0 as? ExpressionError)?.code == .limit
            }
        }
        // A hundred times what it takes.
        #expect(time < .seconds(10))
    }

    @Test(
        "texts are compared byte by byte, as Go does",
        arguments: [
            ("replace('aaaa', 'aa', 'b')", #""bb""#), ("replace('abc', 'x', 'y')", #""abc""#),
            ("replace('e\\u0301e', 'e', 'a')", "\"a\u{301}a\""), ("split('a,b,c', ',', 2)", #"["a","b,c"]"#),
            ("split('a,b', ',', 5)", #"["a","b"]"#), ("split(',a,', ',')", #"["","a",""]"#),
            ("split('', ',')", #"[""]"#), ("'e\\u0301' contains 'e'", "true"), ("'a' contains 'ab'", "false"),
            ("{a: 1, b: 2} == {b: 2, a: 1.0}", "true"), ("{a: 1, b: 2} == {b: 2, c: 1}", "false"),
        ])
    func bytes(source: String, expected: String) throws {
        #expect(try GoJSON.text(Self.evaluate(source)) == expected)
    }

    @Test("twice the expression, and twice the template, takes at most twice the steps")
    func parsing() throws {
        var limits = ExpressionLimits.standard
        limits.bytes = 1 << 20
        let shapes: [(Int) -> String] = [
            { "[" + String(repeating: "1,", count: $0) + "1]" },
            { "'" + String(repeating: "\\n", count: $0) + "'" },
            { "/*" + String(repeating: "*", count: $0) + "*/ 1" },
        ]
        for shape in shapes {
            let factor = CapsuleTestSupport.growth(2_000) { size in
                _ = try? KargoExpression(parsing: shape(size), limits: limits)
            }
            #expect(factor < 2.1 && factor > 1.9)
        }
        for piece in ["${{ 1 }}", "${% 1 %}", "${x", "${{ 1 }} ${"] {
            let factor = CapsuleTestSupport.growth(2_000) { size in
                _ = try? ExpressionTemplate(parsing: String(repeating: piece, count: size))
            }
            #expect(factor < 2.1 && factor > 1.9, "\(piece)")
        }
    }

    @Test(
        "a template has the pieces that Kargo reads",
        arguments: [
            ("a${{ 1 }}b${% 2 %}c", ["a", "1", "b", "2", "c"]), ("${${{ 1 }}", ["${", "1"]), ("$", ["$"]),
            ("${%{a: '}}'}%}", [#"{"a":"}}"}"#]), ("é${{ 'é' }}", ["é", "é"]),
        ])
    func pieces(text: String, expected: [String]) throws {
        let segments = try ExpressionTemplate(parsing: text).segments.map { segment in
            switch segment {
            case .text(let text): return text
            case .expression(let expression, let offset):
                #expect(Array(text.utf8)[..<offset].suffix(3).first == UInt8(ascii: "$"))
                let value = try expression.evaluate(in: ExpressionEnvironment())
                return value.string ?? GoJSON.text(value)
            }
        }
        #expect(segments == expected)
    }
}
