import CapsuleCore
import CapsuleTestSupport
import Testing

@testable import CapsuleDelivery

@Suite("Rendering a real application", .enabled(if: RenderFixture.hasKustomize), .timeLimit(.minutes(2)))
struct CodeAIRenderTests {
    @Test(
        "pins every stage to the promoted digest, whatever its policy says",
        .enabled(if: CodeAI.directory != nil, CodeAI.missing),
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
}
