import CapsuleCore
import CapsuleTestSupport
import Support
import Testing

@testable import GitOps
@testable import Rendering

@Suite("Rendering a real application", .needs(anyOf: "kustomize", "kubectl"), .timeLimit(.minutes(2)))
struct CodeAIRenderTests {
    @Test(
        "pins every stage to the promoted digest, whatever its policy says",
        .needsFixture("codeai"),
        arguments: ["test", "production", "staging", "levelbuilder"])
    func pins(deployment: String) async throws {
        let rendered = try await RenderFixture.renderer.render(CodeAI.input(deployment))
        let images = rendered.files.flatMap { file in
            String(decoding: file.content, as: UTF8.self).split(separator: "\n").filter { $0.contains("image:") }
        }
        #expect(images == ["        image: \(CodeAI.repository)@\(RenderFixture.digest)"])
        #expect(rendered.objects.allSatisfy { $0.namespace == deployment && $0.name.hasPrefix("\(deployment)-") })
        let hpa =
            deployment == "production" ? ["autoscaling_v2_horizontalpodautoscaler_production-cdo-dashboard.yaml"] : []
        #expect(
            rendered.files.map(\.path.description) == [
                "apps_v1_deployment_\(deployment)-cdo-dashboard.yaml"
            ] + hpa + [
                "v1_configmap_\(deployment)-cdo-locals.yml.yaml", "v1_secret_\(deployment)-cdo-local-secrets.yaml",
                "v1_service_\(deployment)-cdo-dashboard.yaml",
            ])
    }

    @Test(
        "refuses a stage whose policy names the image itself when nothing pins that, and names the patch",
        .needsFixture("codeai"), arguments: ["staging", "levelbuilder"])
    func unpinned(deployment: String) async throws {
        var options = RenderOptions()
        options.pinsRepositories = false
        let findings = try await RenderFixture.rejection(CodeAI.input(deployment, options: options))
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.rule == "render.image-digest")
        #expect(finding.file == "envTypes/\(deployment)/deployment.patch.yaml")
        #expect(finding.line == 10)
        #expect(
            finding.message == "Deployment \(deployment)/\(deployment)-cdo-dashboard: "
                + "spec.template.spec.containers[dashboard].image refers to "
                + "\"\(CodeAI.repository):replace-me\", not to the promoted digest \(RenderFixture.digest)")
        #expect(finding.remedy.contains("(code-dot-org)"))
    }

    @Test(
        "renders the stages that leave the image alone even without that",
        .needsFixture("codeai"), arguments: ["test", "production"])
    func untouched(deployment: String) async throws {
        var options = RenderOptions()
        options.pinsRepositories = false
        let without = try await RenderFixture.renderer.render(CodeAI.input(deployment, options: options))
        let with = try await RenderFixture.renderer.render(CodeAI.input(deployment))
        #expect(without.files == with.files)
    }

    @Test(
        "refuses the component whose environment file is not in Git",
        .needsFixture("codeai"))
    func missingFile() async throws {
        let files = try CodeAI.tree("app/k8s/kustomize", keeping: ["base/", "components/"])
        let input = try CodeAI.input("staging")
        let policy = input.policy.files.map { file in
            guard file.path.description == "envTypes/staging/kustomization.yaml" else { return file }
            let more = "components: [../../source/components/redis]\n"
            return PackageFile(path: file.path, content: file.content + Array(more.utf8))
        }
        let findings = try await RenderFixture.rejection(
            RenderInput(
                release: input.release,
                package: PackageTree(kind: .kustomize, entry: try TreeDirectory("base"), files: files),
                packageDigest: input.packageDigest, deployment: input.deployment,
                policy: PolicyTree(repository: "gitops", commit: input.policy.commit, files: policy)))
        #expect(findings.map(\.rule) == ["package.missing-file"])
        #expect(findings.first?.file == "source/components/redis/kustomization.yaml")
        #expect(findings.first?.message.contains("cdo-local-secret-redis.secret.env") == true)
    }
}
