import CapsuleCore
import CapsuleReports
import KargoManifests
import Testing

/// Our own lint has nothing to say about what we generate.
@Suite("Lint of generated manifests")
struct GeneratedLintTests {
    @Test("finds nothing in any combination", arguments: ValidatorTests.combinations)
    func clean(_ combination: ValidatorTests.Combination) throws {
        let files = try Shop.project(combination.yaml).files()
        let minorVersion = try #require(combination.version.split(separator: ".").last.flatMap { Int($0) })
        let report = KargoLint(minorVersion: minorVersion, hasWebhooks: combination.webhooks)
            .lint(files.map { (name: $0.path.description, content: $0.content) })
        #expect(report.findings.isEmpty, "\(report.text())")
        // At least three Stages and a Warehouse.
        #expect(report.objects >= 4)
    }
}
