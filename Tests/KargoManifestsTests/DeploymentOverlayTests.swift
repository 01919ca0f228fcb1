import CapsuleCore
import Documents
import Rendering
import Support
import Testing

@testable import KargoManifests

@Suite("A deployment's own overlay in a generated Kargo project")
struct DeploymentOverlayTests {
    private static func overlay(_ path: String, _ text: String) throws -> DeploymentOverlay {
        let file = PackageFile(path: try RelativePath(path), content: Array(text.utf8))
        let deployment = try #require(try Shop.deployments().first { $0.name == "staging" })
        return try #require(DeploymentOverlay.find(deployment, in: FileTree([file]), source: "source").overlay)
    }

    private static func project(_ overlay: DeploymentOverlay, kargo: String) throws -> KargoProject {
        try KargoProject(
            Shop.configuration(Shop.yaml(kargo: kargo)), deployments: Shop.deployments(),
            overlays: ["staging": overlay], neighbours: [])
    }

    private static let native = "{version: \"1.11\", verifier: {url: https://capsule.example.com}}"
    private static let service = native.replacing("{version", with: "{style: service, version")

    @Test("Kargo applies a Component after the environment type")
    func component() throws {
        let overlay = try Self.overlay("deployments/staging/kustomization.yaml", "kind: Component\n")
        let files = try Self.project(overlay, kargo: Self.native).files()
        let text = try #require(files["render/staging/kustomization.yaml"])
        let components = text.split(separator: "\n").drop { $0 != "components:" }.dropFirst().prefix {
            $0.contains("- ")
        }
        #expect(components.count == 2)
        #expect(components.first?.contains("/envTypes/test") == true, "\(components)")
        #expect(components.last?.contains("/deployments/staging") == true, "\(components)")
        let other = try #require(files["render/production/kustomization.yaml"])
        #expect(!other.contains("deployments/"))
    }

    @Test("Kargo keeps the namespaces that objects name where the stage allows others")
    func namespaces() throws {
        let overlay = try Self.overlay("deployments/staging/kustomization.yaml", "kind: Component\n")
        let configuration = try Shop.configuration(
            Shop.yaml(
                kargo: Self.native,
                replacing: [("  - name: staging\n", "  - name: staging\n    allowNamespaces: [monitoring]\n")]))
        let files = try KargoProject(
            configuration, deployments: Shop.deployments(), overlays: ["staging": overlay], neighbours: []
        ).files()
        let staging = try #require(files["render/staging/kustomization.yaml"])
        #expect(!staging.contains("\nnamespace: "))
        for line in ["kind: NamespaceTransformer", "namespace: shop-staging", "unsetOnly: true"] {
            #expect(staging.contains(line), "\(staging)")
        }
        let canary = try #require(files["render/canary/kustomization.yaml"])
        #expect(canary.contains("\nnamespace: shop-canary\n"))
        #expect(!canary.contains("transformers"))
    }

    @Test("Kargo does not render a Kustomization with a remote resource, and the service does")
    func kustomization() throws {
        let overlay = try Self.overlay(
            "deployments/staging/deploy/kustomization.yaml", "resources: [https://git.example.com/acme/shop//base]\n")
        let error = #expect(throws: DocumentError.self) { try Self.project(overlay, kargo: Self.native) }
        #expect(error?.findings.map(\.rule) == ["kargo.overlay"])
        #expect(error?.findings.first?.message.contains("deployments/staging/deploy") == true)
        #expect(throws: Never.self) { try Self.project(overlay, kargo: Self.service) }
    }
}
