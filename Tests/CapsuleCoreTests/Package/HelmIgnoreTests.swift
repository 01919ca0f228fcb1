import Archive
import CapsuleTestSupport
import Processes
import Testing

@testable import CapsuleCore

@Suite("The files that .helmignore excludes")
struct HelmIgnoreTests {
    /// Rules, and the paths that they exclude and do not exclude.
    static let cases: [(rules: String, excluded: [String], kept: [String])] = [
        ("# a comment\n\n  *.md  \n", ["README.md", "docs/a.md"], ["values.yaml", "# a comment"]),
        ("src/\n", ["src/a", "web/src/a"], ["src", "srcs/a"]),
        ("/src/\n", ["src/a"], ["web/src/a"]),
        ("docs/*.txt\n", ["docs/a.txt"], ["docs/a/b.txt", "x/docs/a.txt"]),
        ("?.txt\n", ["a.txt", "ü.txt"], ["ab.txt", ".txt"]),
        ("*\n!Chart.yaml\n", ["a", "Chart.yaml", "templates/a"], []),
        ("!*.yaml\n", ["a.txt", "templates/a.yaml"], ["values.yaml"]),
        ("[ab].txt\na\\*\n*.log\n", ["x.log"], ["a.txt", "a*"]),
        ("![ab].txt\n*.log\n", [], ["x.log", "a.txt"]),
        ("a/**\n*.log\n", [], ["a/b", "x.log"]),
        ("a*b*c\n", ["abc", "aXbYc", "aabbcc"], ["ab", "a/b/c"]),
        ("\r\n*.bak\r\n", ["a.bak"], ["a.bak\r"]),
    ]

    @Test("are those that helm does not load", arguments: cases.indices)
    func excludes(_ index: Int) throws {
        let item = Self.cases[index]
        let rules = HelmIgnore(Array(item.rules.utf8))
        for path in item.excluded { #expect(rules.excludes(try RelativePath(path)), "\(item.rules) excludes \(path)") }
        for path in item.kept where (try? RelativePath(path)) != nil {
            #expect(!rules.excludes(try RelativePath(path)), "\(item.rules) keeps \(path)")
        }
    }

    @Test("are not among those that helm loads, and helm loads the others", .needs("helm"), arguments: cases.indices)
    func oracle(_ index: Int) async throws {
        let item = Self.cases[index]
        let rules = HelmIgnore(Array(item.rules.utf8))
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n")
            try writeFile(
                "\(directory)/templates/list.yaml",
                """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: files}
                data:
                {{- range $path, $_ := .Files.Glob "**" }}
                  {{ $path | quote }}: loaded
                {{- end }}
                """)
            try writeFile("\(directory)/.helmignore", item.rules)
            let paths = (item.excluded + item.kept).filter { path in
                // helm keeps these apart from the other files.
                (try? RelativePath(path)) != nil && !["Chart.yaml", "values.yaml"].contains(path)
                    && !path.hasPrefix("templates/")
                    && !(item.excluded + item.kept).contains { $0.hasPrefix("\(path)/") }
            }
            for path in paths { try writeFile("\(directory)/\(path)", "a: b\n") }
            let result = try await Tool.run(["helm", "template", "shop", directory])
            let chart = try RelativePath("Chart.yaml")
            // helm applies a negation that is not understood here too.
            guard !item.rules.contains("**"), !item.rules.contains("!["), !rules.excludes(chart) else {
                #expect(!result.succeeded)
                return
            }
            try #require(result.succeeded, "\(result.errorOutput)")
            let output = String(decoding: result.output, as: UTF8.self)
            let list = try RelativePath("templates/list.yaml")
            let isUnderstood = !item.rules.contains("[") && !rules.excludes(list)
            for path in paths {
                let isLoaded = output.contains("\"\(path)\": loaded")
                if rules.excludes(try RelativePath(path)) {
                    #expect(!isLoaded, "\(path): \(output)")
                } else if isUnderstood {
                    #expect(isLoaded, "\(path): \(output)")
                }
            }
        }
    }

    @Test("are compared up to a number of steps; then files are kept")
    func steps() throws {
        let text = String(repeating: "*a*b\n", count: 100) + "c\n"
        let path = try RelativePath("c")
        #expect(HelmIgnore(Array(text.utf8), maximumSteps: 10_000).excludes(path))
        #expect(!HelmIgnore(Array(text.utf8), maximumSteps: 50).excludes(path))
        let other = try RelativePath(String(repeating: "a", count: 200))
        let rules = HelmIgnore(Array(text.utf8), maximumSteps: 10_000)
        #expect(!rules.excludes(other) && !rules.excludes(path))
    }

    @Test("are none when the rules are a pointer of Git LFS, or not text")
    func unreadable() throws {
        let pointer =
            "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "a", count: 64))\nsize 1\n*\n"
        for content in [Array(pointer.utf8), [0x2A, 0x0A, 0xFF]] {
            #expect(!HelmIgnore(content).excludes(try RelativePath("a")))
        }
    }
}
