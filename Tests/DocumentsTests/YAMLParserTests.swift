import CapsuleTestSupport
import Documents
import Support
import Testing

@Suite("YAML parser", .timeLimit(.minutes(1)))
struct YAMLParserTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: DocumentError.Code
        let bytes: @Sendable () -> [UInt8]
        init(
            _ description: String, _ code: DocumentError.Code = .invalidDocument,
            _ bytes: @escaping @Sendable () -> [UInt8]
        ) {
            testDescription = description
            self.code = code
            self.bytes = bytes
        }
        init(_ description: String, _ text: String) {
            self.init(description) { Array(text.utf8) }
        }
    }

    static func text(_ make: () -> String) -> [UInt8] { Array(make().utf8) }

    static let hostile = [
        Hostile("billion laughs", .limitExceeded) {
            text {
                (1...20).reduce("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n") { text, level in
                    text + "a\(level): &a\(level) ["
                        + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
                }
            }
        },
        Hostile("laughs in a mapping", .limitExceeded) {
            text {
                (1...40).reduce("a0: &a0 {k: v}\n") { text, level in
                    text + "a\(level): &a\(level) {x: *a\(level - 1), y: *a\(level - 1)}\n"
                }
            }
        },
        Hostile("100,000 flow levels", .limitExceeded) { [UInt8](repeating: UInt8(ascii: "["), count: 100_000) },
        Hostile("100,000 flow mappings", .limitExceeded) { text { String(repeating: "{a: ", count: 100_000) } },
        Hostile("100,000 sequence dashes", .limitExceeded) { text { String(repeating: "- ", count: 100_000) } },
        Hostile("keys within keys", .limitExceeded) {
            text { String(repeating: "? ", count: 50) + String(repeating: "[", count: 60) + "x" }
        },
        Hostile("a 100 MB scalar", .limitExceeded) { [UInt8](repeating: UInt8(ascii: "a"), count: 100 << 20) },
        Hostile("two million nodes", .limitExceeded) { text { "[" + String(repeating: "a,", count: 2_000_000) + "]" } },
        Hostile("20,000 documents", .invalidDocument) { text { String(repeating: "--- a\n", count: 20_000) } },
        Hostile("duplicate key", "a: 1\nb: 2\na: 3\n"),
        Hostile("duplicate key in other quotes", "a: 1\n\"a\": 3\n"),
        Hostile("duplicate key deep down", "x: [{y: {a: 1, a: 2}}]\n"),
        Hostile("duplicate merge key", "<<: {a: 1}\n<<: {b: 1}\n"),
        Hostile("key that is a sequence", "[a]: b\n"),
        Hostile("key that is a mapping", "{a: b}: c\n"),
        Hostile("alias without anchor", "a: *b\n"),
        Hostile("alias of itself", "a: &a [*a]\n"),
        Hostile("alias from another document", "a: &a x\n---\nb: *a\n"),
        Hostile("invalid UTF-8") { Array("a: ".utf8) + [0xC3, 0x28, 0x0A] },
        Hostile("overlong UTF-8") { Array("a: ".utf8) + [0xC0, 0xAF, 0x0A] },
        Hostile("surrogate in UTF-8") { Array("a: ".utf8) + [0xED, 0xA0, 0x80, 0x0A] },
        Hostile("UTF-16") { [0xFF, 0xFE, 0x61, 0x00, 0x3A, 0x00] },
        Hostile("NUL", "a: b\0c\n"),
        Hostile("control character", "a: b\u{1}c\n"),
        Hostile("tab for indentation", "a:\n\tb: c\n"),
        Hostile("unfinished quote", "a: \"b\n"),
        Hostile("unfinished flow", "a: [b\n"),
        Hostile("bad escape", "a: \"\\q\"\n"),
        Hostile("wrong indentation", "a: b\n  c: d\n"),
    ]

    @Test("refuses hostile text within a second", arguments: hostile) func refuses(_ hostile: Hostile) throws {
        let bytes = hostile.bytes()
        var error: DocumentError?
        let time = processorTime {
            error = #expect(throws: DocumentError.self) { _ = try YAMLParser.documents(bytes, file: "x.yaml") }
        }
        #expect(error?.code == hostile.code)
        #expect(error?.message.hasPrefix("x.yaml:") == true)
        // A second of an optimized program.
        #expect(time < .seconds(5), "took \(time)")
    }

    @Test(
        "refuses anchors, aliases and tags in documents we own",
        arguments: ["a: &x b", "a: !!str b", "a: !custom b", "!x {a: b}"])
    func owned(text: String) {
        #expect(throws: DocumentError.self) { try YAMLParser.document(Array(text.utf8), file: "x") }
        #expect(throws: Never.self) { try YAMLParser.document(Array(text.utf8), file: "x", limits: .manifests) }
    }

    @Test("allows nesting up to the limit and not one level more") func depth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        #expect(throws: Never.self) { try YAMLParser.document(nested(32), file: "x") }
        #expect(throws: DocumentError.self) { try YAMLParser.document(nested(33), file: "x") }
    }

    @Test("keeps lines, order, quoting and several documents") func reads() throws {
        let documents = try YAMLParser.documents(
            Array("b: 1\na: \"true\"\nc: true\n---\n---\n- ~\n- x\n".utf8), file: "x")
        #expect(documents.count == 2)
        #expect(documents[0].mapping?.map(\.key) == ["b", "a", "c"])
        #expect(documents[0]["a"]?.bool == nil && documents[0]["a"]?.string == "true" && documents[0]["a"]?.line == 2)
        #expect(documents[0]["c"]?.bool == true && documents[0]["b"]?.int == 1)
        #expect(documents[1].sequence?[0].isNull == true && documents[1].sequence?[1].line == 7)
    }

    @Test("takes CRLF, a byte order mark and JSON") func forms() throws {
        #expect(try YAMLParser.document(Array("\u{FEFF}a: b\r\nc: d\r\n".utf8), file: "x")["c"]?.string == "d")
        #expect(try YAMLParser.document(Array(#"{"a": ["b", 1]}"#.utf8), file: "x")["a"]?.sequence?.count == 2)
    }

    @Test("has one document or says how many", arguments: ["", "# nothing\n", "---\n", "a: b\n---\nc: d\n"])
    func one(text: String) {
        #expect(throws: DocumentError.self) { try YAMLParser.document(Array(text.utf8), file: "x") }
    }

    @Test(
        "sees what it writes as a string",
        arguments: [
            "7.4", "0x1f", "1e5", "yes", "Null", "", "~", "a: b", "#x", "- x", "*a", "a\nb", "\u{85}", "git-0cc4",
            "sha256:ab", "localhost:5000/x", "12:30:45", ".5", "+1", "é",
        ])
    func writes(text: String) throws {
        let node = try YAMLParser.document(Array("k: \(YAMLText.scalar(text))\n".utf8), file: "x")
        #expect(node["k"]?.value == .scalar(text, plain: YAMLText.scalar(text) == text))
    }
}
