import Testing

/// The code in the articles of the library documentation, which is the code of Examples/library.
@Suite("Snippets of the articles")
struct SnippetTests {
    /// The lines between `// snippet: NAME` and `// snippet end`, without their common indentation.
    static func snippets(in source: String) -> [String: String] {
        var snippets: [String: String] = [:]
        var name: String?
        var lines: [Substring] = []
        for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("// snippet: ") {
                name = String(text.dropFirst("// snippet: ".count))
                lines = []
            } else if text == "// snippet end", let found = name {
                let indent = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
                snippets[found] = lines.map { $0.dropFirst(indent) }.joined(separator: "\n")
                name = nil
            } else {
                lines.append(line)
            }
        }
        return snippets
    }

    /// The code blocks that follow `<!-- snippet: NAME -->`, by name.
    static func blocks(in article: String) -> [String: String] {
        var blocks: [String: String] = [:]
        for match in article.matches(of: /<!-- snippet: ([a-z]+) -->\n```swift\n([^`]*)\n```/) {
            blocks[String(match.output.1)] = String(match.output.2)
        }
        return blocks
    }

    @Test("each snippet of the example is in an article, letter for letter")
    func articlesShowTheExample() throws {
        var snippets: [String: String] = [:]
        for file in try NamedPaths.files(below: "Examples/library/Sources", suffix: ".swift") {
            snippets.merge(Self.snippets(in: try NamedPaths.text(file))) { $1 }
        }
        var blocks: [String: String] = [:]
        for article in try NamedPaths.files(below: "docs/library.docc", suffix: ".md") {
            blocks.merge(Self.blocks(in: try NamedPaths.text(article))) { $1 }
        }
        #expect(Set(snippets.keys) == ["copy", "opener", "pair", "plan", "sign", "verify"])
        #expect(blocks == snippets)
    }
}
