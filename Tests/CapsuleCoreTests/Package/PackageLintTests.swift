import Archive
import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import Support
import Testing

@Suite("Closed packages", .timeLimit(.minutes(1)))
struct PackageLintTests {
    @Test("are told from open ones, by file, line and remedy", arguments: PackageCase.all)
    func cases(_ example: PackageCase) {
        let findings = PackageLint.check(
            example.package, imageName: example.kind == .kustomize ? "shop" : nil, pinnedNames: ["pinned:1"])
        var rest = findings
        for expected in example.expectations {
            let index = rest.firstIndex { finding in
                let place = (finding.file ?? "-") + (finding.line.map { ":\($0)" } ?? "")
                return finding.severity.rawValue == expected.severity && finding.rule == expected.rule
                    && (place == expected.place || finding.file == expected.place)
                    && (expected.words.isEmpty || finding.description.contains(expected.words))
            }
            guard let index else {
                Issue.record(
                    "nothing says \(expected); the lint says\n\(findings.map { "\($0.rule) \($0)" }.joined(separator: "\n"))"
                )
                continue
            }
            rest.remove(at: index)
        }
        #expect(rest.isEmpty, "unexpected: \(rest.map { "\($0.rule) \($0)" }.joined(separator: "\n"))")
        for finding in findings { #expect(!finding.remedy.isEmpty && !finding.message.isEmpty) }
    }

    @Test("include a directory of cases") func directory() { #expect(PackageCase.all.count > 100) }

    @Test(
        "render with kustomize when the lint passes", .needs("kubectl"),
        arguments: PackageCase.all.filter { example in
            example.kind == .kustomize && !example.expectations.contains { $0.severity == "error" }
        })
    func oracle(_ example: PackageCase) async throws {
        try await withTemporaryDirectory { directory in
            for file in example.files { try writeFile("\(directory)/\(file.path)", file.content) }
            let result = try await Tool.run([
                "kubectl", "kustomize", "\(directory)/\(example.entry?.description ?? "")",
            ])
            #expect(result.succeeded, "\(result.errorOutput)")
        }
    }

    @Test("a chain of 5,000 bases is walked without recursion") func chain() throws {
        var files: [PackageFile] = []
        for index in 0..<5000 {
            let text = index == 4999 ? "resources: [gone.yaml]\n" : "resources: [../d\(index + 1)]\n"
            files.append(PackageFile(path: try RelativePath("d\(index)/kustomization.yaml"), content: Array(text.utf8)))
        }
        let findings = KustomizeClosure.check(FileTree(files), entries: ["d0"])
        #expect(findings.map(\.file) == ["d4999/kustomization.yaml"])
    }

    @Test("a hostile graph of bases is bounded") func graph() throws {
        // Every directory names every other: kustomize would follow a hundred factorial paths.
        var files: [PackageFile] = []
        for index in 0..<100 {
            let text =
                "resources: [" + (0..<100).filter { $0 != index }.map { "../d\($0)" }.joined(separator: ", ") + "]\n"
            files.append(PackageFile(path: try RelativePath("d\(index)/kustomization.yaml"), content: Array(text.utf8)))
        }
        #expect(KustomizeClosure.check(FileTree(files), entries: ["d0"]).contains { $0.rule == "package.cycle" })
    }
}

@Suite("Names that Git takes for its own (docs/security.md G2)")
struct GitNameTests {
    static let names = [
        ".git", ".GIT", ".Git", ".git ", ".git.", ".git . .", "git~1", "GIT~1", ".g\u{200C}it", ".gi\u{FEFF}t",
        ".git::$INDEX_ALLOCATION", ".git:x",
    ]

    @Test(
        "are refused in a package, each once, as a file and as a directory", arguments: [PackageKind.kustomize, .helm])
    func refused(_ kind: PackageKind) throws {
        let paths =
            Self.names.flatMap { ["base/\($0)/config", "base/\($0)/hooks/post-checkout"] } + ["base/deep/.git"]
            // One character of the slash and the mark after it.
            + ["base/mark/.git/\u{301}x"]
        let files = try paths.map { PackageFile(path: try RelativePath($0), content: []) }
        let package = PackageTree(kind: kind, entry: try TreeDirectory("base"), files: files)
        let found = PackageLint.check(package, imageName: nil, pinnedNames: []).filter {
            $0.rule == "package.git-directory"
        }
        #expect(
            found.compactMap(\.file).sorted()
                == (Self.names.map { "base/\($0)" } + ["base/deep/.git", "base/mark/.git"]).sorted())
    }

    @Test("are not those that only look alike")
    func allowed() throws {
        let names = [".gitignore", ".gitattributes", "git", ".git2", "x.git", "git~2", ".github"]
        let files = try names.map { PackageFile(path: try RelativePath("base/\($0)"), content: []) }
        let package = PackageTree(kind: .kustomize, entry: try TreeDirectory("base"), files: files)
        let found = PackageLint.check(package, imageName: nil, pinnedNames: [])
        #expect(!found.contains { $0.rule == "package.git-directory" })
    }
}

@Suite("The code.org fixture")
struct FixturePackageTests {
    static let root = "\(Fixtures.directory)/codeai/app/k8s/kustomize"

    static func files(_ include: [String]) throws -> [PackageFile] {
        try listTree(root).filter { path in
            include.contains { path.hasPrefix($0 + "/") } && path.split(separator: "/").last?.contains(".") == true
        }.map { PackageFile(path: try RelativePath($0), content: try readFile("\(root)/\($0)")) }
    }

    static func check(_ include: [String]) throws -> [Finding] {
        let package = PackageTree(kind: .kustomize, entry: try TreeDirectory("base"), files: try files(include))
        return PackageLint.check(package, imageName: "code-dot-org", pinnedNames: [])
    }

    @Test("is closed as far as its base goes", .needsFixture("codeai"))
    func base() throws {
        #expect(try Self.check(["base"]) == [])
    }

    @Test("reads an env file that is not in Git", .needsFixture("codeai"))
    func redis() throws {
        let findings = try Self.check(["base", "components"])
        #expect(findings.map(\.severity) == [.warning, .warning])
        #expect(Set(findings.map(\.rule)) == ["package.missing-file", "package.floating-image"])
        let missing = try #require(findings.first { $0.rule == "package.missing-file" })
        #expect(missing.file == "components/redis/kustomization.yaml" && missing.line == 11)
        #expect(missing.description.contains("ignored by Git"))
        #expect(missing.message.hasSuffix("(base does not refer to it)"))
        #expect(findings.contains { $0.file == "components/redis/pod.yaml" && $0.message.contains("redis:7.4") })
    }
}

@Suite("Kustomizations that the entry does not refer to")
struct UnusedKustomizationTests {
    private static func check(_ texts: [String: String]) throws -> [Finding] {
        let files = try texts.map { PackageFile(path: try RelativePath($0.key), content: Array($0.value.utf8)) }
        let package = PackageTree(kind: .kustomize, entry: try TreeDirectory("base"), files: files)
        return PackageLint.check(package, imageName: nil, pinnedNames: [])
    }

    private static let broken = [
        "resources: [missing.yaml]\n", "resources: [https://git.example.com/shop//base]\n", "helmCharts: [{name: a}]\n",
        "resources: [../../outside]\n", "a: [\n", "unknown: 1\n",
    ]

    @Test("Their problems are warnings that name them", arguments: broken)
    func unused(text: String) throws {
        let findings = try Self.check([
            "base/kustomization.yaml": "namePrefix: a-\n", "overlays/live/kustomization.yaml": text,
        ])
        #expect(!findings.isEmpty)
        for finding in findings {
            #expect(finding.severity == .warning)
            #expect(finding.file == "overlays/live/kustomization.yaml")
            #expect(finding.message.contains("base does not refer to it"))
        }
    }

    @Test("The same problems are errors where the entry leads to them", arguments: broken)
    func used(text: String) throws {
        let findings = try Self.check([
            "base/kustomization.yaml": "resources: [../overlays/live]\n", "overlays/live/kustomization.yaml": text,
        ])
        #expect(findings.contains { $0.severity == .error && $0.file == "overlays/live/kustomization.yaml" })
    }

    @Test("A replacement may have a constant as its source")
    func sourceValue() throws {
        let replacement = "replacements:\n- sourceValue: a\n  targets: [{select: {kind: Job}, fieldPaths: [spec.x]}]\n"
        #expect(try Self.check(["base/kustomization.yaml": replacement]).isEmpty)
    }
}

@Suite("Hostile packages", .timeLimit(.minutes(1)))
struct HostilePackageTests {
    private static func lint(_ texts: [(String, String)]) throws -> (findings: [Finding], time: Duration) {
        let files = try texts.map { PackageFile(path: try RelativePath($0), content: Array($1.utf8)) }
        let package = PackageTree(kind: .kustomize, entry: try TreeDirectory("base"), files: files)
        var findings: [Finding] = []
        let time = processorTime {
            findings = PackageLint.check(package, imageName: nil, pinnedNames: [])
        }
        return (findings, time)
    }

    /// Expands to about 400,000 values, within the limit of one file.
    private static let laughs =
        "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        + "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        + "e: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"

    @Test("a thousand files of laughs are refused together") func manyBombs() throws {
        let names = (0..<1000).map { "f\($0).yaml" }
        let (findings, time) = try Self.lint(
            [("base/kustomization.yaml", "resources: [\(names.joined(separator: ", "))]\n")]
                + names.map { ("base/\($0)", Self.laughs) })
        #expect(findings.contains { $0.rule == "package.unreadable" && $0.severity == .error })
        #expect(time < .seconds(20), "took \(time)")
    }

    @Test("one text that aliases repeat as a hundred thousand patches is refused") func repeatedText() throws {
        let text = "kind: Pod\nmetadata: {}\n" + String(repeating: "# filler\n", count: 20_000)
        let lines = text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        let (_, time) = try Self.lint([
            (
                "base/kustomization.yaml",
                "namePrefix: &t |\n\(lines)\npatchesStrategicMerge: [\(String(repeating: "*t,", count: 90_000))]\n"
            )
        ])
        #expect(time < .seconds(20), "took \(time)")
    }

    @Test("says no more than a thousand things") func manyFindings() throws {
        let names = (0..<20_000).map { "f\($0).yaml" }
        let (findings, _) = try Self.lint([
            ("base/kustomization.yaml", "resources: [\(names.joined(separator: ", "))]\n")
        ])
        #expect(findings.count == 1_000)
    }
}
