import CapsuleCore
import CapsuleTrust
import Documents
import OCI
import Testing

@testable import EvidencePolicies

@Suite("forms in policy.yaml")
struct PolicyFormsTests {
    private func requirements(_ text: String, _ stage: String?) throws -> EvidenceRequirements {
        try PolicyFixture.read("schemaVersion: release-capsule-policy/v1alpha1\n\(text)")
            .requirements(for: stage, repository: Repository(PolicyFixture.repository), now: PolicyFixture.now)
    }

    @Test("are a requirement of their own, and those of a stage replace the common ones")
    func stages() throws {
        let text = "forms: [capsule, pair]\nstages: {production: {forms: [capsule]}}\n"
        #expect(try requirements(text, "staging").forms == [.capsule, .pair])
        let production = try requirements(text, "production")
        #expect(production.forms == [.capsule])
        #expect(production.checkIDs == ["release.form"])
    }

    @Test(
        "must be known, listed once, and not empty",
        arguments: ["forms: []", "forms: [tar]", "forms: [pair, pair]", "forms: pair"])
    func invalid(text: String) {
        let error = #expect(throws: DocumentError.self) { try requirements(text + "\n", nil) }
        #expect(error?.message.contains("forms") == true, "\(error?.message ?? "")")
    }
}
