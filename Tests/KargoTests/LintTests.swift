import CapsuleCore
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import KargoManifests
import Testing

@Suite("Lint of Kargo's manifests")
struct LintTests {
    /// A file of `LintCases`, and what its first line says about it: `# expect: RULE [--kargo 1.9] [--no-webhooks]`.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var content: [UInt8]
        var rule: String
        var lint: KargoLint

        var testDescription: String { name }

        static let directory = URL(filePath: #filePath).deletingLastPathComponent().path + "/LintCases"
        static let all: [Case] = listTree(directory).compactMap { name in
            guard let content = try? readFile("\(directory)/\(name)") else { return nil }
            let words = String(decoding: content.prefix { $0 != 0x0A }, as: UTF8.self).split(separator: " ")
            let version = words.firstIndex(of: "--kargo").map { words[$0 + 1] } ?? "1.11"
            return Case(
                name: name, content: content, rule: words.count > 2 ? String(words[2]) : "",
                lint: KargoLint(
                    minorVersion: Int(version.dropFirst(2)) ?? 0, hasWebhooks: !words.contains("--no-webhooks")))
        }
    }

    @Test("finds the one flaw of each bad file, and nothing else", arguments: Case.all)
    func cases(_ file: Case) {
        let report = file.lint.lint([(file.name, file.content)])
        let rules = report.findings.map(\.rule)
        #expect(rules == (file.rule == "nothing" ? [] : [file.rule]), "\(report.text())")
    }

    @Test("knows enough cases: one at least for each rule")
    func coverage() {
        #expect(Case.all.count >= 70)
        #expect(Set(Case.all.map(\.rule)).count >= 36)
    }

    @Test("names file, line, object, step, what is wrong and what to do")
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

    @Test("warnings alone are fine")
    func warnings() throws {
        let file = try #require(Case.all.first { $0.name == "download-by-tag.yaml" })
        #expect(file.lint.lint([(file.name, file.content)]).ok)
    }
}
