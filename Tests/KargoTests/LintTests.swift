import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import KargoManifests
import Support
import Testing

@Suite("Lint of Kargo manifests")
struct LintTests {
    /// A file of `LintCases`. Its first line states the one expected finding, or `nothing`:
    /// `# expect [--kargo 1.9] [--no-webhooks]: LINE SEVERITY RULE: PART OF THE MESSAGE; PART OF THE REMEDY`.
    struct Case: CustomTestStringConvertible, Sendable {
        struct Expected: Sendable {
            var line: Int
            var severity: String
            var rule: String
            var text: String
        }

        var name: String
        var content: [UInt8]
        /// Nil when lint must find nothing.
        var expected: Expected?
        var lint: KargoLint

        var testDescription: String { name }

        static let directory = URL(filePath: #filePath).deletingLastPathComponent().path + "/LintCases"
        static let all = listTree(directory).map { Case($0) }

        init(_ name: String) {
            self.name = name
            content = (try? readFile("\(Self.directory)/\(name)")) ?? []
            let parts = String(decoding: content.prefix { $0 != 0x0A }, as: UTF8.self).split(
                separator: ": ", maxSplits: 2)
            let options = parts.first?.split(separator: " ") ?? []
            let version = options.firstIndex(of: "--kargo").map { options[$0 + 1] } ?? "1.11"
            lint = KargoLint(
                minorVersion: Int(version.dropFirst(2)) ?? 0, hasWebhooks: !options.contains("--no-webhooks"))
            guard parts.count != 2 || parts[1] != "nothing" else { return }
            let words = parts.count == 3 ? parts[1].split(separator: " ") : []
            expected =
                words.count == 3
                ? Expected(
                    line: Int(words[0]) ?? 0, severity: String(words[1]), rule: String(words[2]),
                    text: String(parts[2]))
                : Expected(line: 0, severity: "", rule: "the first line states no finding", text: "")
        }
    }

    @Test("finds the one problem of each bad file at its line, and nothing else", arguments: Case.all)
    func cases(_ file: Case) throws {
        let report = file.lint.lint([("other.yaml", Array("# no objects\n".utf8)), (file.name, file.content)])
        guard let expected = file.expected else {
            #expect(report.findings.isEmpty, "\(report.text())")
            return
        }
        try #require(report.findings.count == 1, "\(report.text())")
        let finding = report.findings[0]
        #expect(finding.file == file.name)
        #expect(finding.line == expected.line)
        #expect(finding.severity.rawValue == expected.severity)
        #expect(finding.rule == expected.rule)
        #expect("\(finding.message); \(finding.remedy)".contains(expected.text), "\(report.text())")
    }

    @Test("has at least one case for each rule")
    func coverage() {
        #expect(Case.all.count >= 70)
        #expect(Set(Case.all.compactMap(\.expected?.rule)).count >= 36)
    }

    @Test("is never passed by what was not checked: too many findings, and too many steps", arguments: [false, true])
    func limits(_ isLong: Bool) {
        // Each step has a warning; or many steps refer to variables, of which there are many.
        let names = (0..<3_000).map { "v\($0)" }
        let steps = (0..<(isLong ? 1_500 : 1_100)).map { index in
            isLong
                ? "        - {uses: compose-output, as: s\(index), config: {a: \"${{ vars.v0 }}\"}}"
                : """
                        - uses: http
                          as: s\(index)
                          retry: {timeout: 5m}
                          config: {url: "http://verifier/verify", successExpression: "response.status == 200"}
                """
        }
        let text = """
            apiVersion: kargo.akuity.io/v1alpha1
            kind: Stage
            metadata: {name: staging, namespace: shop}
            spec:
              promotionTemplate:
                spec:
                  vars: [\((isLong ? names : []).map { "{name: \($0), value: x}" }.joined(separator: ", "))]
                  steps:
            \(steps.joined(separator: "\n"))

            """
        let report = KargoLint(minorVersion: 11, hasWebhooks: true).lint([("many.yaml", Array(text.utf8))])
        let errors = report.findings.filter { $0.severity == .error }
        #expect(!report.ok && errors.map(\.rule) == ["kargo.limit"], "\(errors.prefix(3))")
        #expect(errors.first?.message.contains(isLong ? "4000000 steps" : "1000 findings or more") == true)
        #expect(report.findings.count <= 1_001)
    }

    @Test("reports file, line, object, step, problem and remedy")
    func places() throws {
        let text = """
            # a comment
            ---
            apiVersion: kargo.akuity.io/v1alpha1
            kind: Stage
            metadata: {name: staging, namespace: shop}
            spec:
              promotionTemplate:
                spec:
                  steps:
                    - uses: git-push
                      as: push
                      config:
                        path: ./out
                        branch: main
                    - uses: untar
                      config: {inPath: a, outPath: b}
            """
        let report = KargoLint(minorVersion: 11).lint([("b.yaml", Array(text.utf8)), ("a.yaml", Array("[".utf8))])
        #expect(!report.ok)
        #expect(report.objects == 1)
        try expectGolden(report.text(), "lint.txt")
    }

    @Test("accepts files with warnings only")
    func warnings() throws {
        let file = try #require(Case.all.first { $0.name == "download-by-tag.yaml" })
        #expect(file.lint.lint([(file.name, file.content)]).ok)
    }
}
