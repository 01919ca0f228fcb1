import Archive
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import OCI
import Testing

/// A real application's package and GitOps tree, read where they stand.
@Suite(
    "The codeai fixture", .timeLimit(.minutes(3)),
    .needsFixture("codeai"),
    .needs("git", "kubectl"))
struct CodeAITests {
    @Test("goes from commit to stage branches, pinned everywhere, with the problem of components/redis named")
    func endToEnd() async throws {
        try await withTemporaryDirectory { directory in
            let shop = try await prepare(directory)
            let configuration = "policy/apps/codeai/capsule.yaml"
            let redis = try await shop.run(
                "build", "--source", "app", "--config", configuration, "--include", "base", "--include", "components",
                "--image", "oci:image", "--to", "oci:other")
            #expect(redis.status == 0, "\(redis.errors)")
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

    @Test(
        "Half a year later: all stages take the overlays and values of their deployments, in both forms",
        .needsFixture("codeai-2026-08"), .needs("helm"), arguments: ["kustomize", "helm"])
    func ownOverlays(kind: String) async throws {
        try await withTemporaryDirectory { directory in
            let shop = try await prepare(
                directory, fixture: "\(Fixtures.directory)/codeai-2026-08",
                package: kind == "helm"
                    ? "{kind: helm, source: k8s/helm}\nhelm: {values: {image: \"{reference}\"}}"
                    : "{source: k8s/kustomize, include: [base, components], imageName: code-dot-org}")
            let configuration = "policy/apps/codeai/capsule.yaml"
            try expectSuccess(
                try await shop.run(
                    "build", "--source", "app", "--config", configuration, "--image", "oci:image", "--to", "oci:release"
                ))
            let stages = ["staging", "test", "levelbuilder", "production"]
            try expectSuccess(
                try await shop.run(
                    ["promote", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git"]
                        + stages.flatMap { ["--stage", $0] }))
            for stage in stages {
                let deploy = "stage/\(stage):apps/codeai/deployments/\(stage)/deploy"
                let names = try await shop.gitops("ls-tree", "--name-only", deploy).split(separator: "\n")
                var text = ""
                for name in names { text += try await shop.gitops("show", "\(deploy)/\(name)") + "\n" }
                text = text.replacing("\"", with: "")
                #expect(text.contains("stack_name: \(stage == "production" ? "autoscale-prod" : stage)\n"), "\(stage)")
                #expect(text.contains("override_dashboard: studio.\(stage).k8s.code.org"), "\(stage)")
                #expect(text.contains("runAsUser: 0\n") == ["staging", "test"].contains(stage), "\(stage)")
                let images = text.split(separator: "\n").filter { $0.contains("image: ") }
                #expect(images.count == (kind == "helm" ? 1 : 2), "\(stage): \(images)")
                #expect(
                    images.allSatisfy { $0.contains("ghcr.io/code-dot-org/code-dot-org") && $0.contains("@sha256:") },
                    "\(stage): \(images)")
                guard kind == "kustomize" else { continue }
                #expect(text.contains("external-link: https://studio.\(stage).k8s.code.org/"), "\(stage)")
                #expect(names.contains { $0.contains("autoscaler") } == ["test", "production"].contains(stage))
            }
        }
    }

    private func prepare(
        _ directory: String, fixture: String = "\(Fixtures.directory)/codeai",
        package: String = "{source: k8s/kustomize, include: [base], imageName: code-dot-org}"
    ) async throws -> Shop {
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
            package: \(package)
            gitops: {root: apps/codeai}
            stages:
              - name: staging
              - name: test
              - name: levelbuilder
              - name: production

            """)
        for stage in ["levelbuilder", "production"] {
            let file = "\(directory)/policy/apps/codeai/deployments/\(stage)/deployment.yaml"
            guard FileManager.default.fileExists(atPath: "\(file).disabled") else { continue }
            try await Tool.output(["cp", "\(file).disabled", file])
        }
        try await Tool.output(
            ["git", "remote", "add", "origin", "https://github.com/code-dot-org/code-dot-org"], in: "\(directory)/app")
        let commit = try await Shop.commit("Teach", in: "\(directory)/app", day: 5)
        _ = try await Shop.commit("Say what environments add", in: "\(directory)/policy", day: 5)
        try await Tool.output(
            ["git", "clone", "-q", "--bare", "-c", "receive.autogc=false", "policy", "gitops.git"], in: directory)
        let shop = Shop(directory: directory, commit: commit)
        try shop.writeImage(tag: shop.tag)
        return shop
    }
}
