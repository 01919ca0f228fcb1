import CapsuleCore
import Documents
import KargoExpressions
import Testing

@Suite("YAML of generated manifests")
struct ManifestYAMLTests {
    @Test(
        "writes each kind of value in its readable form",
        arguments: [
            (["a": 1, "b": true, "c": .null, "d": nil], "a: 1\nb: true\nc: null\n"),
            (["a": [:], "b": []], "a: {}\nb: []\n"), ([:], "{}\n"),
            (["a": [["b": 1, "c": [2]], [3, [4]]]], "a:\n  - b: 1\n    c:\n      - 2\n  - - 3\n    - - 4\n"),
            (["a": "yes", "b": "1.20", "c": "x y"], "a: \"yes\"\nb: \"1.20\"\nc: \"x y\"\n"),
            (["a": "say \"x\""], "a: 'say \"x\"'\n"), (["a": "it's \"x\""], "a: \"it's \\\"x\\\"\"\n"),
            (["a": "b\nc\n"], "a: |\n  b\n  c\n"), (["a": "b\n\n c"], "a: |-\n  b\n\n   c\n"), (["b\n"], "- |\n  b\n"),
            (["a": "b\n\n"], "a: \"b\\n\\n\"\n"), (["a": " b\nc"], "a: \" b\\nc\"\n"),
        ] as [(JSONValue, String)])
    func forms(value: JSONValue, expected: String) {
        #expect(value.yaml == expected)
    }

    @Test("reads back as the same value, whatever a string contains")
    func roundTrip() throws {
        let parts = [
            "", "a", " ", "\n", "\r", "\t", "#", ": ", "- ", "---", "'", "\"", "\\", "é", "\u{85}", "\u{2028}", "1",
        ]
        for first in parts {
            for second in parts {
                for third in parts {
                    let text = first + second + third
                    let value: JSONValue = [text: .string(text), "list": [.string(text), [.string(text)]]]
                    let nodes = try YAMLParser.documents(Array(value.yaml.utf8), file: "test")
                    #expect(nodes.map { JSONValue(manifest: $0) } == [value], "\(value.yaml)")
                }
            }
        }
    }
}
