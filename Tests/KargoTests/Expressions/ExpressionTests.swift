import CapsuleCore
import Documents
import GitOps
import KargoExpressions
import OCI
import Testing

@Suite("Kargo expressions")
struct ExpressionTests {
    static let environment = ExpressionEnvironment(
        variables: [
            "vars": .members(["repo": "registry.example.com/shop", "count": 3, "list": [1, 2, 3]]),
            "outputs": .members([
                "clone": .members(["commits": .members(["src": "abc"])]),
                "open-pr": .members(["pr": .members(["id": 7])]),
                "skipped": .null,
            ]),
        ],
        functions: [
            "imageFrom": { arguments in
                arguments == ["registry.example.com/shop"] ? .members(["Tag": "v1", "Digest": "sha256:aa"]) : .null
            },
            "status": { arguments in arguments == ["push"] ? "Succeeded" : "" },
            "broken": { _ in throw CapsuleError(.notFound, "the cluster is unreachable") },
        ], fields: ["imageFrom": ["Tag", "Digest", "RepoURL"]])

    @Test(
        "have the values that expr-lang gives them",
        arguments: [
            ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("7 / 2", "3.5"), ("6 / 2", "3.0"), ("7 % 4", "3"),
            ("2 ** 3 ** 2", "512.0"), ("-2 ** 2", "-4.0"), ("1 == 1.0", "true"), ("0x10", "16"), ("1_000", "1000"),
            (#"'it''s' == "x""#, nil), (#"'it\'s'"#, #""it's""#), ("`a\\n`", #""a\\n""#), (#""a\n""#, #""a\n""#),
            ("'a' + 'b'", #""ab""#), ("'a' + 1", nil), ("1 + 'a'", nil), ("true and not false", "true"),
            ("false || true && false", "false"), ("1 < 2 && 'b' >= 'a'", "true"), ("2 in [1, 2]", "true"),
            ("'x' in {x: 1}", "true"), ("4 not in [1, 2]", "true"), ("'abc' contains 'b'", "true"),
            ("'abc' startsWith 'b'", "false"), ("not ('abc' endsWith 'c')", "false"),
            ("'abc' not contains 'b'", "false"),
            ("nil ?? 'x'", #""x""#), ("vars.repo", #""registry.example.com/shop""#),
            ("vars['repo']", #""registry.example.com/shop""#),
            ("vars.none", "null"), ("vars.none ?? 1", "1"), ("outputs.skipped.commit", nil),
            ("outputs.skipped?.commit", "null"), ("outputs.gone?.commits?.src ?? 'main'", #""main""#),
            ("outputs.clone?.commits?.src ?? 'main'", #""abc""#), ("outputs.gone?.a.b.c", "null"),
            ("(outputs.gone?.a).b", nil), ("outputs['open-pr'].pr.id", "7"), ("outputs?.['open-pr'].pr.id", "7"),
            ("true ? 1 : 2", "1"), ("false ? 1 : true ? 2 : 3", "2"), ("'a' ?: 'b'", nil), ("1 ? 2 : 3", nil),
            ("[1, 2, 3][-1]", "3"), ("[1, 2, 3][1:]", "[2,3]"), ("'abcd'[1:3]", #""bc""#), ("[1][5]", nil),
            ("1..3", "[1,2,3]"),
            ("{a: 1, 'b-c': [true]}", #"{"a":1,"b-c":[true]}"#), ("len('añb')", "3"), ("vars.list | len()", "3"),
            ("' A ' | trim() | lower()", #""a""#), ("split('a,b', ',')[1]", #""b""#),
            ("join(['a', 'b'], '-')", #""a-b""#),
            ("filter(vars.list, {# > 1})", "[2,3]"), ("all([{n: 1}], .n == 1)", "true"), ("map([1], # + 1)", "[2]"),
            ("any(1..3, {# == 3})", "true"), ("count(1..4, {# % 2 == 0})", "2"), ("let x = 2; x * x", "4"),
            ("if 1 > 2 { 'a' } else { 'b' }", #""b""#), ("1; 2", "2"), ("/* c */ 1 // d", "1"),
            ("imageFrom(vars.repo).Tag", #""v1""#), ("imageFrom(vars.repo).tag", nil), ("imageFrom('x').Tag", nil),
            ("imageFrom('x')?.Tag ?? ''", #""""#), ("status('push') == 'Succeeded'", "true"), ("string(1.0)", #""1""#),
            ("int('12') + 1", "13"), ("fromJSON('{\"a\": [1]}').a[0]", "1"),
            ("toJSON({b: 1, a: ['<']})", #""{\n  \"a\": [\n    \"\\u003c\"\n  ],\n  \"b\": 1\n}""#),
            ("get({a: 1}, 'b')?.c ?? 'x'", #""x""#), ("toBase64('a')", #""YQ==""#),
            ("undefined()", nil), ("broken()", nil), ("'a' matches 'a'", nil), ("nil + 1", nil), ("!1", nil),
        ] as [(String, String?)])
    func values(source: String, expected: String?) throws {
        let value = try? KargoExpression(parsing: source).evaluate(in: Self.environment)
        #expect(value.map { compact($0) } == expected, "\(source)")
    }

    private func compact(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            "{" + members.map { "\"\($0.key)\":\(compact($0.value))" }.joined(separator: ",") + "}"
        case .array(let elements): "[" + elements.map(compact).joined(separator: ",") + "]"
        default: String(value.text.dropLast())
        }
    }

    @Test(
        "that are invalid are rejected, with the position",
        arguments: [
            ("", 0), ("1 +", 3), ("(1", 2), ("[1", 2), ("{a 1}", 3), ("a..", 3), ("'abc", 0), ("a b", 2), ("1 ? 2", 5),
            ("@", 0), ("let x 1; x", 6), ("#", 0), ("a.", 2), ("'\\q'", 1), ("1x", 0), ("a ?? b == c", 7), ("/* x", 0),
            ("filter(a, {# > 1)", 16), ("{a: {b: 1}", 10),
        ])
    func refused(source: String, offset: Int) {
        #expect {
            try KargoExpression(parsing: source)
        } throws: { error in
            let error = error as? ExpressionError
            return error?.code == .syntax && error?.offset == offset
        }
    }

    @Test("report the variables and functions that they refer to")
    func references() throws {
        let found = try KargoExpression(
            parsing: "quote(outputs['open-pr']?.pr.id ?? vars.x) + imageFrom('r').Tag + (let y = ctx.stage; y)"
        ).references
        #expect(found.paths.map(\.root) == ["outputs", "vars", "ctx"])
        #expect(found.paths[0].members == ["open-pr", "pr", "id"])
        #expect(found.paths[0].firstOptional == 1)
        #expect(found.paths[0].isCoalesced)
        #expect(!found.paths[2].isCoalesced)
        #expect(found.calls.map(\.name) == ["quote", "imageFrom"])
        #expect(found.calls[1].field == "Tag")
        #expect(found.calls[1].firstArgument == "r")
        #expect(try KargoExpression(parsing: "outputs.open-pr.pr.id").references.hyphens.map(\.members) == [["open"]])
        #expect(try KargoExpression(parsing: "vars.a - vars.b").references.hyphens.isEmpty)
        #expect(try KargoExpression(parsing: "quote(vars.x)").references.outermostCall == "quote")
        #expect(try KargoExpression(parsing: "outputs.a.b ?? ''").references.isPlainPath)
    }

    @Test("are accepted at each limit and rejected one past it")
    func limits() throws {
        var limits = ExpressionLimits.standard
        let text = String(repeating: "1", count: 10)
        limits.bytes = 10
        _ = try KargoExpression(parsing: text, limits: limits)
        #expect { try KargoExpression(parsing: text + "1", limits: limits) } throws: {
            ($0 as? ExpressionError)?.code == .limit
        }
        limits = .standard
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "1" + String(repeating: ")", count: depth)
        }
        _ = try KargoExpression(parsing: nested(limits.depth - 1))
        #expect { try KargoExpression(parsing: nested(limits.depth)) } throws: {
            ($0 as? ExpressionError)?.code == .limit
        }
        func chained(_ height: Int) -> String { "a" + String(repeating: ".b", count: height - 1) }
        _ = try KargoExpression(parsing: chained(limits.height))
        #expect { try KargoExpression(parsing: chained(limits.height + 1)) } throws: {
            ($0 as? ExpressionError)?.code == .limit
        }
        let many = "all(1..100, # > 0)"
        // Two steps for the call and its result, 3 + 101 for the range and its value, and four for each comparison: the node, its
        // two operands and its result. At least one step must remain.
        limits = .standard
        limits.steps = 2 + 3 + 101 + 100 * 4 + 1
        #expect(try KargoExpression(parsing: many, limits: limits).evaluate(in: ExpressionEnvironment()) == true)
        limits.steps -= 1
        #expect { try KargoExpression(parsing: many, limits: limits).evaluate(in: ExpressionEnvironment()) } throws: {
            ($0 as? ExpressionError)?.code == .limit
        }
    }

    @Test(
        "cannot create values of unbounded size",
        arguments: [
            (0..<60).map { "let v\($0 + 1) = v\($0) + v\($0); " }.joined() + "v60",
            (0..<60).map { "let v\($0 + 1) = [v\($0), v\($0)]; " }.joined() + "v60",
            (0..<60).map { "let v\($0 + 1) = concat(v\($0), v\($0)); " }.joined() + "v60",
            "map(1..900000, {1..900000})", "-9223372036854775807..9223372036854775807",
        ])
    func growth(body: String) throws {
        for start in ["'0123456789abcdef'", "[1]"] where !(start.hasPrefix("'") && body.contains("concat")) {
            let text = "let v0 = \(start); \(body)"
            #expect {
                var limits = ExpressionLimits.standard
                limits.depth = 200
                limits.height = 200
                _ = try KargoExpression(parsing: text, limits: limits).evaluate(in: ExpressionEnvironment())
            } throws: { error in
                let code = (error as? ExpressionError)?.code
                return code == .limit || start == "[1]" && code == .type
            }
        }
    }

    @Test("any text is parsed or rejected, and any expression has a value or an error")
    func fuzz() {
        let words = [
            "a", "vars", ".", "?.", "[", "]", "(", ")", "{", "}", "'x'", "1", "2.5", "-", "+", "*", "/", "%", "**",
            "==", "in",
            "not", "and", "??", "?", ":", ",", "|", "let", "=", ";", "if", "else", "#", "..", "len", "filter", "all",
            "get",
            "9223372036854775807", "nil", "true", "split", "`", "\"", "\\", "contains", "int", "first",
        ]
        // A generator with a fixed seed, so that a failure can be reproduced.
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var read = 0
        for _ in 0..<20_000 {
            let text = (0...next(12)).map { _ in words[next(words.count)] }.joined(separator: next(2) == 0 ? "" : " ")
            guard let expression = try? KargoExpression(parsing: text) else { continue }
            read += 1
            _ = try? expression.evaluate(in: Self.environment)
        }
        #expect(read > 500)
    }
}
