import CapsuleTestSupport
import DeliveryConfiguration
import Testing

@Suite("capsule kargo lint", .timeLimit(.minutes(1)))
struct KargoLintTests {
    private static let bad = """
        apiVersion: kargo.akuity.io/v1alpha1
        kind: Stage
        metadata: {name: staging, namespace: shop}
        spec:
          promotionTemplate:
            spec:
              steps:
                - {uses: git-push, config: {path: ./out, branch: main}}

        """
    private static let good = bad.replacing("uses: git-push,", with: "uses: git-push, as: push,")
        .replacing("branch:", with: "targetBranch:")

    @Test("finds manifests in directories, reports the problems, and exits with 65")
    func rejected() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/kargo/a/stage.yaml", Self.bad)
            try writeFile("\(directory)/kargo/b.yml", Self.good)
            try writeFile("\(directory)/kargo/notes.txt", "[")
            let outcome = try await CapsuleProgram.run(["kargo", "lint", "kargo/"], in: directory)
            #expect(outcome.status == 65)
            try expectGolden(outcome.output, "kargo-lint.txt")
            let json = try await CapsuleProgram.run(
                ["kargo", "lint", "kargo", "--kargo", "v1.9.5", "--output", "json"], in: directory)
            #expect(json.status == 65)
            try expectGolden(json.output, "kargo-lint.json")
        }
    }

    @Test("exits with 0 without errors, and with 64 without input or for an unknown version")
    func others() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/stage.yaml", Self.good)
            try writeFile("\(directory)/empty/notes.txt", "")
            let good = try await CapsuleProgram.run(["kargo", "lint", "stage.yaml"], in: directory)
            try expectSuccess(good)
            #expect(good.output == "✓ 1 object in 1 file, for Kargo 1.11: 0 errors, 0 warnings\n")
            for arguments in [["none.yaml"], ["empty"], ["stage.yaml", "--kargo", "1.8"], []] {
                let outcome = try await CapsuleProgram.run(["kargo", "lint"] + arguments, in: directory)
                #expect(outcome.status == 64, "\(arguments)")
            }
        }
    }
}
