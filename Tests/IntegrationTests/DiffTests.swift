import Archive
import CapsuleTestSupport
import Testing

@Suite("capsule diff", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct DiffTests {
    @Test(
        "shows what differs between two releases as text, JSON and Markdown", arguments: ["text", "json", "markdown"])
    func releases(_ format: String) async throws {
        try await Shop.with { shop in
            let newer = try await prepare(shop)
            let outcome = try await shop.run(
                "diff", "oci:release:\(shop.tag)", "oci:release:\(newer.tag)", "--deployment", "staging", "--image",
                "oci:image", "--gitops", "gitops.git", "--output", format)
            try expectSuccess(outcome)
            try expectGolden(outcome.output, "diff.\(format)")
        }
    }

    @Test("shows what a release would change on a stage")
    func stage() async throws {
        try await Shop.with { shop in
            let newer = try await prepare(shop)
            let arguments = ["--stage", "staging", "--image", "oci:image", "--gitops", "gitops.git"]
            let empty = try await shop.run(["diff", "oci:release:\(newer.tag)"] + arguments)
            try expectSuccess(empty)
            #expect(empty.output.contains("stage staging holds no release yet"))
            _ = try await shop.promote("staging")
            let outcome = try await shop.run(["diff", "oci:release:\(newer.tag)"] + arguments)
            try expectSuccess(outcome)
            try expectGolden(outcome.output, "diff-stage.txt")
        }
    }

    @Test("needs two sides, and Markdown is for diff alone")
    func usage() async throws {
        let release = "oci:release:git-\(String(repeating: "0", count: 40))"
        for arguments in [
            ["diff", release], ["diff", release, release, "--stage", "x"], ["list", "oci:x", "--output", "markdown"],
        ] {
            let outcome = try await CapsuleProgram.run(arguments)
            #expect(outcome.status == 64, "\(arguments)")
        }
    }

    private func prepare(_ shop: Shop) async throws -> Shop {
        _ = try await shop.build()
        let newer = try await shop.release(
            day: 7,
            [
                "deploy/kustomize/base/settings.ini": "currency = USD\n",
                "deploy/kustomize/base/service.yaml": """
                apiVersion: v1
                kind: Service
                metadata:
                  name: shop
                spec:
                  selector: {app: shop}
                  ports:
                    - port: 8080

                """,
            ])
        _ = try await newer.build()
        return newer
    }
}
