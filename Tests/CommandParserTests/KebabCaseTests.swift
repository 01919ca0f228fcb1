import Testing

@testable import CommandParser

@Suite("The names of properties")
struct KebabCaseTests {
    @Test(
        "become options' names",
        arguments: [
            ("to", "to"), ("caFile", "ca-file"), ("tagTTL", "tag-ttl"), ("runID", "run-id"),
            ("caURLFile", "ca-url-file"),
            ("sbom", "sbom"), ("x1Y", "x1-y"),
        ])
    func names(_ label: String, _ name: String) {
        #expect(kebabCase(label) == name)
    }
}
