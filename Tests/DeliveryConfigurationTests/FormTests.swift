import CapsuleCore
import DeliveryConfiguration
import Documents
import Testing

@Suite("form in capsule.yaml")
struct FormTests {
    private func read(_ text: String) throws -> CapsuleConfiguration {
        try CapsuleConfiguration(
            yaml: Array(
                ("schemaVersion: release-capsule/v1alpha1\nimage: ghcr.io/example/shop\n"
                    + "capsule: ghcr.io/example/shop-capsule\n\(text)\n").utf8))
    }

    @Test("is capsule by default, and pair with or without a review of witnesses")
    func forms() throws {
        #expect(try read("").form == .capsule)
        #expect(try read("form: pair").witnessReview == .none)
        #expect(try read("form: pair\nwitness: {review: pull-request}").witnessReview == .pullRequest)
    }

    @Test(
        "names the key of what is invalid",
        arguments: [
            ("form: tar", "form"), ("witness: {review: pull-request}", "witness"),
            ("form: capsule\nwitness: {review: none}", "witness"), ("form: pair\nwitness: {reviews: x}", "reviews"),
            ("form: pair\nstages: [{name: release, review: pull-request}]", "review branches of witnesses"),
        ])
    func invalid(text: String, says: String) {
        let error = #expect(throws: DocumentError.self) { try read(text) }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }
}
