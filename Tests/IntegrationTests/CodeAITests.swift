import Archive
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import OCI
import Testing

private let fixture = Fixtures.directory + "/codeai"

/// A real application's package and GitOps tree, read where they stand.
@Suite(
    "The codeai fixture", .timeLimit(.minutes(3)),
    .needsFixture("codeai"),
    .needs("git", "kubectl"))
struct CodeAITests {
    @Test("goes from commit to stage branches, pinned everywhere, with components/redis refused")
    func endToEnd() async throws {
        try await withTemporaryDirectory { directory in
            let shop = try await prepare(directory)
            let configuration = "policy/apps/codeai/capsule.yaml"
            let redis = try await shop.run(
                "build", "--source", "app", "--config", configuration, "--include", "base", "--include", "components",
                "--image", "oci:image", "--to", "oci:release")
            #expect(redis.status == 65, "\(redis.errors)")
            #expect(redis.errors.contains("components/redis/kustomization.yaml"), "\(redis.errors)")
            #expect(redis.errors.contains("cdo-local-secret-redis.secret.env"), "\(redis.errors)")

            let built = try await shop.run(
                "build", "--source", "app", "--config", configuration, "--image", "oci:image", "--to", "oci:release")
            try expectSuccess(built)
            let promoted = try await shop.run([
                "promote", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git", "--stage",
                "staging", "--stage", "test", "--stage", "levelbuilder", "--stage", "production", "--output", "json",
            ])
            try expectSuccess(promoted)
            for stage in ["staging", "test", "levelbuilder", "production"] {
                let images = try await shop.gitops(
                    "grep", "-h", "image: ghcr.io/code-dot-org/code-dot-org", "stage/\(stage)", "--",
                    "apps/codeai/deployments/\(stage)/deploy")
                let references = Set(images.split(separator: "\n").map { $0.drop { $0 == " " } })
                #expect(references.count == 1, "\(stage): \(images)")
                #expect(images.contains("@sha256:") && !images.contains("replace-me"), "\(stage): \(images)")
            }
        }
    }

    private func prepare(_ directory: String) async throws -> Shop {
        for (from, to) in [("app", "app"), ("gitops", "policy")] {
            try await Tool.output(["cp", "-R", "\(fixture)/\(from)", "\(directory)/\(to)"])
            try await Tool.output(["chmod", "-R", "u+w", "\(directory)/\(to)"])
            try await Tool.output(["git", "init", "-q", "-b", "main", "\(directory)/\(to)"])
        }
        try writeFile(
            "\(directory)/policy/apps/codeai/capsule.yaml",
            """
            schemaVersion: release-capsule/v1alpha1
            image: ghcr.io/code-dot-org/code-dot-org
            capsule: ghcr.io/code-dot-org/codeai-release-capsule
            package: {source: k8s/kustomize, include: [base], imageName: code-dot-org}
            gitops: {root: apps/codeai}
            stages:
              - name: staging
              - name: test
              - name: levelbuilder
              - name: production

            """)
        try await Tool.output(
            ["git", "remote", "add", "origin", "https://github.com/code-dot-org/code-dot-org"], in: "\(directory)/app")
        let commit = try await Shop.commit("Teach", in: "\(directory)/app", day: 5)
        _ = try await Shop.commit("Say what environments add", in: "\(directory)/policy", day: 5)
        try await Tool.output(["git", "clone", "-q", "--bare", "policy", "gitops.git"], in: directory)
        let shop = Shop(directory: directory, commit: commit)
        try shop.writeImage(tag: shop.tag)
        return shop
    }
}
