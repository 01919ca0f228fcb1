import CapsuleTestSupport
import Foundation
import Processes
import Support
import Testing

/// Everything that a report prints and that someone else can have named shows each control character as its number, and
/// no such name changes the form of the report.
@Suite("Hostile names in reports", .timeLimit(.minutes(5)))
struct HostileNameTests {
    @Test("have cases for a terminal and for Markdown")
    func cases() {
        #expect(HostileName.all.count >= 55)
        #expect(Set(HostileName.all.map(\.text)).count == HostileName.all.count)
    }

    @Test(
        "cannot control a terminal, hide or reorder text, make a line of any length or add one",
        arguments: Face.all.filter { !$0.isMarkdown })
    func text(_ face: Face) throws {
        // Texts of several lines are shown as such, below the line that they belong to: a reason, a file, a value.
        let several = ["audit", "diff", "diff in colour", "promote", "promote, rejected", "promote, to review"]
        let hasPlainLines = !several.contains(face.testDescription)
        // The lines of a difference begin with a sign, which the lines of a forged report do not have.
        let isDifference = face.testDescription.hasPrefix("diff")
        let expected = try face.show(HostileName(testDescription: "plain", text: "x")).split(
            separator: "\n", omittingEmptySubsequences: false
        ).count
        for name in HostileName.joined {
            let text = try face.show(name)
            checkCharacters(text, of: name)
            if hasPlainLines {
                let count = text.split(separator: "\n", omittingEmptySubsequences: false).count
                #expect(count == expected, "\(name.testDescription):\n\(text.prefix(2_000))")
            }
            if !isDifference {
                #expect(!text.contains("\n✓ verified: 16 passed\n"), "\(name.testDescription)")
                #expect(!text.contains("\nEVIL: y"), "\(name.testDescription)")
            }
        }
    }

    private func checkCharacters(_ text: String, of name: HostileName) {
        let controls = text.unicodeScalars.filter { $0.isControlForDisplay && $0 != "\n" && $0 != "\t" }
        #expect(controls.isEmpty, "\(name.testDescription): \(controls)")
        #expect(!text.unicodeScalars.contains("\t") || name.text.contains("\t"), "\(name.testDescription)")
        let longest = text.split(separator: "\n").map(\.utf8.count).max() ?? 0
        #expect(longest < 60_000, "\(name.testDescription): a line of \(longest)")
    }

    /// The text of a page outside of code, the elements that are not plain, and the numbers of cells.
    private static let reader = """
        import json, sys
        from html.parser import HTMLParser
        from markdown_it import MarkdownIt
        allowed = {"table", "thead", "tbody", "tr", "th", "td", "p", "strong", "h1", "h2", "h4", "ul", "li", "code", "pre",
                   "details", "summary"}
        class Page(HTMLParser):
            def __init__(self):
                super().__init__()
                self.open, self.problems, self.cells = [], [], 0
            def handle_starttag(self, tag, attributes):
                self.open.append(tag)
                if tag not in allowed or [a for a in attributes if a != ("class", "language-diff")]:
                    self.problems.append(f"<{tag} {attributes}>")
                self.cells = 0 if tag == "tr" else self.cells + (tag in ("td", "th"))
            def handle_endtag(self, tag):
                if tag == "tr": rows.append(self.cells)
                if self.open.pop() != tag: self.problems.append(f"</{tag}>")
            def handle_comment(self, text): self.problems.append("comment")
            def handle_data(self, text):
                if "code" not in self.open and "EVIL" in text: self.problems.append(text)
        found = {}
        for name, text in json.load(open(sys.argv[1])).items():
            rows, page = [], Page()
            page.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))
            page.close()
            if page.open: page.problems.append(f"open {page.open}")
            if len(set(rows)) > 1: page.problems.append(f"cells {rows}")
            if page.problems: found[name] = page.problems[:5]
        print(json.dumps(found))
        """

    @Test(
        "are code in Markdown, as another program reads it",
        .enabled { await Tool.hasModules("markdown_it", python: python) },
        arguments: Face.all.filter(\.isMarkdown))
    func markdown(_ face: Face) async throws {
        let pages = try Dictionary(
            uniqueKeysWithValues: HostileName.all.map { ($0.testDescription, try face.show($0)) })
        for name in HostileName.all {
            checkCharacters(try #require(pages[name.testDescription]), of: name)
        }
        let problems = try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/pages.json", Array(JSONEncoder().encode(pages)))
            return try await Tool.output([Self.python, "-c", Self.reader, "\(directory)/pages.json"])
        }
        #expect(problems == "{}")
    }

    private static let python = ProcessInfo.processInfo.environment["CAPSULE_TEST_PYTHON"] ?? "python3"
}
