import CapsuleTestSupport
import Documents
import Testing

@Suite("The steps of the readers of documents")
struct ComplexityTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: @Sendable (Int) -> String

        init(_ name: String, _ text: @escaping @Sendable (Int) -> String) {
            testDescription = name
            self.text = text
        }
    }

    static let json = [
        Shape("members") { size in "{" + (0..<size).map { "\"k\($0)\": \($0)" }.joined(separator: ",") + "}" },
        Shape("elements") { size in "[" + String(repeating: "null,", count: size) + "1]" },
        Shape("a long text") { size in "\"" + String(repeating: "\\u00e9x", count: size) + "\"" },
        Shape("blanks") { size in String(repeating: " \n", count: size) + "1" },
        Shape("a fault at the end") { size in "[" + String(repeating: "[],\n", count: size) + "x]" },
    ]

    @Test("twice the JSON takes at most twice the steps", arguments: json)
    func readsJSON(_ shape: Shape) {
        let factor = growth(4_000) { size in
            _ = try? JSONParser.parse(Array(shape.text(size).utf8), file: "json")
        }
        #expect(factor < 2.1 && factor > 1.9)
    }

    static let yaml = [
        Shape("keys") { size in (0..<size).map { "k\($0): v\n" }.joined() },
        Shape("elements") { size in String(repeating: "- x\n", count: size) },
        Shape("documents") { size in String(repeating: "---\nx\n", count: size) },
        Shape("aliases") { size in "a: &a [x]\nb:\n" + String(repeating: "- *a\n", count: size) },
        // What is written before the text could be the tag `!`, which libyaml does not report.
        Shape("anchors") { size in (0..<size).map { "- &a\($0) 1\n" }.joined() },
        Shape("characters of several bytes") { size in (0..<size).map { "- é\n- &a\($0) 1\n" }.joined() },
    ]

    @Test("twice the YAML takes at most twice the steps, also with Kubernetes' rules", arguments: yaml)
    func readsYAML(_ shape: Shape) {
        for limits in [YAMLLimits.manifests, .rendered] {
            let factor = growth(1_000) { size in
                _ = try? YAMLParser.documents(Array(shape.text(size).utf8), file: "yaml", limits: limits)
            }
            #expect(factor < 2.3 && factor > 1.9)
        }
        let factor = growth(1_000) { size in _ = YAMLScalars.ranges(in: Array(shape.text(size).utf8)) }
        #expect(factor < 2.3)
    }

    @Test("a hidden tag is found behind characters of several bytes, and in every document")
    func hidden() {
        for text in ["é: ! 1\n", "é: x\n---\nü: [&o ! 1]\n", "a: ! true\n"] {
            #expect(throws: (any Error).self, "\(text)") {
                try YAMLParser.documents(Array(text.utf8), file: "yaml", limits: .rendered)
            }
        }
        for text in ["é: '!'\nb: &o 1\n", "é: x!\nb:   1  # !\n"] {
            #expect(throws: Never.self, "\(text)") {
                try YAMLParser.documents(Array(text.utf8), file: "yaml", limits: .rendered)
            }
        }
    }
}
