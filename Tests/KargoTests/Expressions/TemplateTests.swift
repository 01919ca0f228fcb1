import CapsuleCore
import Documents
import KargoExpressions
import Testing

@Suite("Templates of Kargo manifests")
struct TemplateTests {
    static let environment = ExpressionEnvironment(variables: [
        "vars": .members([
            "text": "shop", "digits": "1234567890123456789012345678901234567890", "version": "1.20", "yes": "true",
            "t": "t",
            "json": "{\"a\": 1}\n", "lines": "a: 1\nb: 2\n", "hex": "12e3456", "map": .members(["b": 1, "a": "<"]),
        ])
    ])

    @Test(
        "are converted to numbers, booleans and JSON as in Kargo",
        arguments: [
            ("plain", "plain"), ("42", "42"), ("${{ 1 + 1 }}", 2), ("a-${{ vars.text }}-b", "a-shop-b"),
            ("${{ vars.version }}", .number("1.2")), ("${{ quote(vars.version) }}", "1.20"),
            ("v${{ vars.version }}", "v1.20"), ("${{ vars.yes }}", true), ("${{ vars.t }}", true),
            ("${{ quote(vars.yes) }}", "true"), ("${{ quote(true) }}", "true"), ("${{ vars.none }}", .null),
            ("a${{ vars.none }}", "anull"), ("${{ vars.digits }}", .number("1.2345678901234568e+39")),
            ("${{ vars.hex }}", .string("12e3456")), ("${{ vars.json }}", .members(["a": 1])),
            ("${{ '\"' + vars.json + '\"' }}", "{\"a\": 1}\n"), ("${{ vars.lines }}", "a: 1\nb: 2\n"),
            ("${{ quote(vars.lines) }}", "a: 1\\nb: 2\\n"), ("${% {'a': {'b': 1}}.a.b %}", 1),
            ("${{ vars.map }}", .members(["a": "<", "b": 1])),
            ("x ${{ vars.map }}", "x {\"a\":\"\\u003c\",\"b\":1}"), ("${{ 1 }} ${% 2 %}", "1 2"),
            ("${{ vars.text }}\n", "shop\n"), ("${{ 5 }}\n", 5),
        ] as [(String, JSONValue)])
    func coercion(text: String, expected: JSONValue) throws {
        #expect(try ExpressionTemplate(parsing: text).evaluate(in: Self.environment) == expected)
    }

    @Test(
        "are rejected when they are not closed or end at the braces of a map",
        arguments: ["${{ 1", "${{ {a: {b: 1}} }}", "${{ }}", "${% 1 }}"])
    func refused(text: String) {
        #expect(throws: ExpressionError.self) { try ExpressionTemplate(parsing: text) }
    }

    @Test("report when they are one expression")
    func whole() throws {
        #expect(try ExpressionTemplate(parsing: " ${{ 1 }}\n").wholeExpression != nil)
        #expect(try ExpressionTemplate(parsing: "a${{ 1 }}").wholeExpression == nil)
        #expect(try ExpressionTemplate(parsing: "${{ 1 }}${{ 2 }}").wholeExpression == nil)
    }

    @Test("are evaluated in a whole tree, but not in its keys")
    func tree() throws {
        let tree = JSONValue.members(["${{ 1 }}": ["${{ 1 }}", .members(["x": "${{ vars.text }}", "y": 3])]])
        #expect(
            try ExpressionTemplate.evaluate(tree, in: Self.environment)
                == .members(["${{ 1 }}": [1, .members(["x": "shop", "y": 3])]]))
    }

    @Test(
        "read YAML scalars as Kubernetes does",
        arguments: [
            ("1", 1), ("-7", -7), ("0600", 384), ("0x1F", 31), ("1.50", .number("1.5")), ("yes", true), ("off", false),
            ("True", true), ("~", .null), ("\"1\"", "1"), ("1.2.3", "1.2.3"), ("1e3", .number("1000")),
            ("2026-01-02", "2026-01-02"),
            ("y", "y"), ("0.5s", "0.5s"), ("08", 8),
        ] as [(String, JSONValue)])
    func scalars(text: String, expected: JSONValue) throws {
        let node = try YAMLParser.documents(Array("x: \(text)\n".utf8), file: "test")[0]
        #expect(JSONValue(manifest: node)["x"] == expected)
    }
}
