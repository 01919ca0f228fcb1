import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import Rendering
import Testing

@Suite("The text of a manifest diff")
struct ManifestDiffTextTests {
    static func diff(_ old: [String: String], _ new: [String: String]) throws -> ManifestDiff {
        func files(_ texts: [String: String]) throws -> [PackageFile] {
            try texts.map { PackageFile(path: try RelativePath($0.key), content: Array($0.value.utf8)) }
        }
        return .between(try files(old), try files(new))
    }

    @Test("shows each kind of change as text and as Markdown")
    func golden() throws {
        let diff = try JSONGolden.read(ManifestDiff.self, "RenderingTests/Diff/Golden/diff.json")
        try expectGolden(diff.text(), "manifest-diff.txt")
        try expectGolden(diff.text(color: true).replacing("\u{1B}", with: "ESC"), "manifest-diff-color.txt")
        try expectGolden(diff.markdown(), "manifest-diff.md")
    }

    @Test("says that nothing changes, and that only the text differs")
    func same() throws {
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        let none = try Self.diff(["a.yaml": service], ["a.yaml": service])
        #expect(none.text() == "no change\n")
        #expect(none.markdown() == "No rendered object changes.\n")
        let comment = try Self.diff(["a.yaml": service], ["a.yaml": "# a comment\n" + service])
        #expect(comment.text().contains("only the text differs"))
    }

    @Test("shows no value of a Secret")
    func secrets() throws {
        let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata: {a: b25l}\n"
        let changed = secret.replacing("b25l", with: "dHdv") + "stringData: {c: hunter2}\n"
        for diff in [try Self.diff(["s.yaml": secret], ["s.yaml": changed]), try Self.diff([:], ["s.yaml": changed])] {
            for text in [diff.text(), diff.markdown()] {
                #expect(text.contains("keys"))
                for value in ["hunter2", "b25l", "dHdv"] { #expect(!text.contains(value)) }
            }
        }
    }

    @Test("cannot be used to write markup, terminal codes or mentions")
    func hostile() throws {
        let text = "``` \\n# owned @everyone <img src=x>\u{1B}[2J\u{202E}"
        let name = "a`b ``c"
        func object(_ value: String) -> String {
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"\(name)\"}\ndata:\n  \"k\\n```\\nx\": \"\(value)\"\n  long: |\n    ````\n    @\(value)\n"
        }
        let diff = try Self.diff(
            ["a.yaml": object("1")],
            [
                "a.yaml": object(
                    text.replacing("\\", with: "\\\\").replacing("\u{1B}", with: "\\e").replacing(
                        "\u{202E}", with: "\\u202E"))
            ])
        let markdown = diff.markdown()
        try expectGolden(markdown, "manifest-hostile.md")
        #expect(!diff.text().unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
        // Between the fences no line is as long a run of backticks as the fence.
        let lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)
        let fence = try #require(lines.first { $0.hasSuffix("diff") && $0.hasPrefix("```") }).dropLast(4)
        #expect(lines.count { $0.contains(fence) } == 2)
    }

    @Test("stays within what a pull request takes")
    func limit() throws {
        var new: [String: String] = [:]
        for index in 0..<2000 {
            new["f\(index).yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n\(index)}\ndata: {}\n"
        }
        let markdown = try Self.diff([:], new).markdown()
        #expect(markdown.utf8.count < ManifestDiff.markdownLimit + 100)
        #expect(markdown.contains("more objects; see the changed files."))
    }
}
