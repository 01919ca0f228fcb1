import Archive
import CapsuleTestSupport
import OCI
import Testing

/// What programs read. A change here breaks somebody's script: it belongs into the changelog.
@Suite(
    "JSON output", .timeLimit(.minutes(2)), .needs("git", "kubectl"))
struct JSONTests {
    @Test("of copy, promote, status, audit, rollback and init is as the golden files have it")
    func documents() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try await expect(shop, "copy", ["copy", "oci:release:\(shop.tag)", "oci:mirror"])
            let promote = [
                "promote", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git", "--stage",
                "staging",
            ]
            try await expect(shop, "promote", promote)
            try await expect(shop, "promote-unchanged", promote)
            try await expect(
                shop, "promote-refused", promote.dropLast() + ["production"], status: 65)
            try await expect(shop, "status", ["status", "--gitops", "gitops.git"])
            try await expect(shop, "audit", ["audit", "--gitops", "gitops.git", "--image", "oci:image"])
            try await expect(
                shop, "rollback-refused", ["rollback", "--gitops", "gitops.git", "--stage", "staging"], status: 1)
            try await Tool.output(["rm", "policy/capsule.yaml"], in: shop.directory)
            let initial = try await CapsuleProgram.run(
                ["init", "--output", "json"], in: "\(shop.directory)/app")
            try expectSuccess(initial)
            try expectGolden(steady(initial.output, shop), "init.json")
        }
    }

    @Test("of doctor names every check with its state, and a remedy where there is one")
    func doctor() async throws {
        try await withTemporaryDirectory { directory in
            let outcome = try await CapsuleProgram.run(
                ["doctor", "--output", "json"], in: directory,
                environment: ["PATH": "\(directory)/bin", "XDG_CACHE_HOME": "\(directory)/cache"])
            #expect(outcome.status == 1)
            try expectGolden(
                outcome.output.replacing(directory, with: "DIRECTORY").replacing(
                    DoctorTests.libraries, with: "LIBRARIES"), "doctor-lacking.json")
        }
    }

    private func expect(_ shop: Shop, _ name: String, _ arguments: [String], status: Int32 = 0) async throws {
        let outcome = try await shop.run(arguments + ["--output", "json"])
        #expect(outcome.status == status, "\(outcome.output)\(outcome.errors)")
        try expectGolden(steady(outcome.output, shop), "\(name).json")
    }

    /// Without what differs from run to run: times, and the commits that hold them.
    private func steady(_ text: String, _ shop: Shop) -> String {
        normalised(text, shop)
            .replacing(#/"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"/#, with: #""TIME""#)
            .replacing(#/"(head|commit|previousCommit)" : "[0-9a-f]{40}"/#) { #""\#($0.1)" : "COMMIT""# }
    }
}
