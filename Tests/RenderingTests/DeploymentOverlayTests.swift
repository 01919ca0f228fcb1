import CapsuleCore
import CapsuleTestSupport
import Support
import Testing

@testable import Rendering

@Suite("A deployment's own overlay", .needs(anyOf: "kustomize", "kubectl"), .timeLimit(.minutes(2)))
struct DeploymentOverlayTests {
    static let own = "deployments/staging"
    static let label = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          labels: {tier: front}

        """
    static let componentHead = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    static let patches = "patches:\n  - path: label.patch.yaml\n"

    /// A Kustomization in `directory` whose resource is a repository that must never be read.
    static func kustomization(_ resource: String, in directory: String) -> String {
        let up = String(repeating: "../", count: directory.split(separator: "/").count)
        return "kind: Kustomization\nresources:\n  # The release.\n  - \(resource)\n"
            + "components:\n  - \(up)envTypes/staging\n" + patches
    }

    @Test("A Component is applied after the environment type, in both places", arguments: ["", "/deploy"])
    func component(place: String) async throws {
        var policy = RenderFixture.policy
        policy["\(Self.own)\(place)/kustomization.yaml"] = Self.componentHead + Self.patches
        policy["\(Self.own)\(place)/label.patch.yaml"] =
            Self.label + "  # The environment type sets 2.\nspec: {replicas: 5}\n"
        let rendered = try await RenderFixture.renderer.render(RenderFixture.input(policy: policy))
        let deployment = try #require(rendered.files.first { $0.path.description.contains("deployment") })
        let text = String(decoding: deployment.content, as: UTF8.self)
        #expect(text.contains("tier: front") && text.contains("replicas: 5"))
        #expect(text.contains("image: \(RenderFixture.pinned)"))
    }

    @Test(
        "A Kustomization's remote resource is replaced by the package",
        arguments: [
            "git::https://git.example.com/acme/shop//deploy/base?ref=main", "https://git.example.com/acme/shop//base",
            "\"github.com/acme/shop//base?ref=v1\"", "'git@git.example.com:acme/shop.git//base'  # a comment",
            "ssh://git@git.example.com/acme/shop//base?ref=main",
        ], ["", "/deploy"])
    func kustomization(resource: String, place: String) async throws {
        var policy = RenderFixture.policy
        policy["\(Self.own)\(place)/kustomization.yaml"] = Self.kustomization(resource, in: Self.own + place)
        policy["\(Self.own)\(place)/label.patch.yaml"] = Self.label
        let rendered = try await RenderFixture.renderer.render(RenderFixture.input(policy: policy))
        let text = rendered.files.map { String(decoding: $0.content, as: UTF8.self) }.joined()
        #expect(text.contains("tier: front") && text.contains("replicas: 2"))
        #expect(text.contains("image: \(RenderFixture.pinned)"))
        #expect(rendered.objects.allSatisfy { $0.namespace == "staging" })
    }

    @Test("A Kustomization may name the package as policy does")
    func local() async throws {
        var policy = RenderFixture.policy
        policy["\(Self.own)/deploy/kustomization.yaml"] = Self.kustomization(
            "../../../source/base", in: "\(Self.own)/deploy")
        policy["\(Self.own)/deploy/label.patch.yaml"] = Self.label
        let rendered = try await RenderFixture.renderer.render(RenderFixture.input(policy: policy))
        #expect(rendered.files.contains { String(decoding: $0.content, as: UTF8.self).contains("tier: front") })
    }

    @Test(
        "An environment type without changes renders the package as it is",
        arguments: [
            "", "# Nothing yet.\n", componentHead, "kind: Component\nmetadata: {name: staging}\npatches:\n",
            "kind: Kustomization\n",
        ])
    func unchanged(environment: String) async throws {
        let policy = ["envTypes/staging/kustomization.yaml": environment]
        let rendered = try await RenderFixture.renderer.render(RenderFixture.input(policy: policy))
        #expect(rendered.files.count == 2)
        #expect(rendered.objects.allSatisfy { $0.namespace == "staging" })
    }

    @Test("An overlay where a Component is required is explained")
    func overlayAsEnvironment() async throws {
        let policy = ["envTypes/staging/kustomization.yaml": "resources: [../../source/base]\nnamePrefix: x-\n"]
        let findings = try await RenderFixture.rejection(RenderFixture.input(policy: policy))
        #expect(findings.map(\.rule) == ["package.layout"])
        #expect(findings.first?.remedy.contains("kind: Component") == true)
        #expect(findings.first?.remedy.contains("remove the resources") == true)
    }

    struct Rejected: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let files: [String: String]
        let rule: String
        let file: String
        let words: String
    }

    static let remote = "https://git.example.com/acme/shop//base"
    static let rejections: [Rejected] = [
        Rejected(
            testDescription: "two overlays",
            files: [
                "\(own)/kustomization.yaml": componentHead, "\(own)/deploy/kustomization.yml": componentHead,
            ], rule: "policy.two-overlays", file: "\(own)/deploy/kustomization.yml", words: "keep one of them"),
        Rejected(
            testDescription: "two remote resources",
            files: [
                "\(own)/kustomization.yaml": "resources:\n  - \(remote)\n  - github.com/acme/other\n"
            ], rule: "policy.overlay-resource", file: "\(own)/kustomization.yaml", words: "github.com/acme/other"),
        Rejected(
            testDescription: "an address on two lines",
            files: [
                "\(own)/kustomization.yaml":
                    "resources:\n  - \"https://git.example.com/acme/\\\n    shop//base\"\ncomponents: [../../envTypes/staging]\n"
            ], rule: "policy.overlay-resource", file: "\(own)/kustomization.yaml", words: "on one line"),
        Rejected(
            testDescription: "no package",
            files: ["\(own)/kustomization.yaml": "components: [../../envTypes/staging]\n"],
            rule: "policy.overlay-incomplete", file: own, words: "the package of the release"),
        Rejected(
            testDescription: "no environment type",
            files: ["\(own)/kustomization.yaml": "resources: [\(remote)]\n"], rule: "policy.overlay-incomplete",
            file: own, words: "components"),
        Rejected(
            testDescription: "a remote component",
            files: ["\(own)/kustomization.yaml": componentHead + "resources: [\(remote)]\n"],
            rule: "package.remote-reference", file: "\(own)/kustomization.yaml", words: "git.example.com"),
        Rejected(
            testDescription: "a patch that no overlay names", files: ["\(own)/label.patch.yaml": label],
            rule: "policy.unused-file", file: "\(own)/label.patch.yaml", words: "no render reads it"),
        Rejected(
            testDescription: "a second values file", files: ["\(own)/values.production.yaml": "a: 1\n"],
            rule: "policy.unused-file", file: "\(own)/values.production.yaml", words: "no render reads it"),
        Rejected(
            testDescription: "a file next to an overlay",
            files: [
                "\(own)/deploy/kustomization.yaml": componentHead + patches, "\(own)/deploy/label.patch.yaml": label,
                "\(own)/deploy/other.patch.yaml": label,
            ], rule: "policy.unused-file", file: "\(own)/deploy/other.patch.yaml", words: "no render reads it"),
        Rejected(
            testDescription: "an overlay that is not YAML", files: ["\(own)/kustomization.yaml": "a: [\n"],
            rule: "package.unreadable", file: "\(own)/kustomization.yaml", words: "YAML"),
    ]

    @Test("What cannot be applied is refused by name", arguments: Self.rejections)
    func rejected(example: Rejected) async throws {
        let policy = RenderFixture.policy.merging(example.files) { $1 }
        let findings = try await RenderFixture.rejection(RenderFixture.input(policy: policy))
        let finding = try #require(findings.first)
        #expect(findings.count == 1, "\(findings)")
        #expect(finding.rule == example.rule)
        #expect(finding.file == example.file)
        #expect("\(finding.message) \(finding.remedy)".contains(example.words), "\(finding)")
    }

    @Test("Files for people, and those of the other kind of package, are not unused")
    func notes() async throws {
        var policy = RenderFixture.policy
        for name in ["README.md", ".gitkeep", "OWNERS", "deployment.yaml.disabled", "values.yaml", "deployment.yaml"] {
            policy["\(Self.own)/\(name)"] = "note: \"\(name)\"\n"
        }
        let rendered = try await RenderFixture.renderer.render(RenderFixture.input(policy: policy))
        #expect(rendered.files.count == 2)
    }

    @Test(
        "Every stage of a real tree renders with its patches", .needsFixture("codeai-2026-08"), arguments: CodeAI.stages
    )
    func realTree(stage: String) async throws {
        let rendered = try await RenderFixture.renderer.render(CodeAI.input2026(stage, kind: .kustomize))
        let texts = Dictionary(
            uniqueKeysWithValues: rendered.files.map {
                ($0.path.description, String(decoding: $0.content, as: UTF8.self))
            })
        func text(_ part: String) throws -> String { try #require(texts.first { $0.key.contains(part) }?.value) }
        let hasAutoscaler = ["test", "production"].contains(stage)
        #expect(texts.keys.contains { $0.contains("horizontalpodautoscaler") } == hasAutoscaler)
        #expect(texts.count == 6 + (hasAutoscaler ? 1 : 0))
        #expect(rendered.objects.allSatisfy { $0.name.hasPrefix("\(stage)-") && $0.namespace == stage })
        let locals = try text("configmap")
        #expect(locals.contains(stage == "production" ? "autoscale-prod" : stage))
        #expect(locals.contains("override_dashboard: studio.\(stage).k8s.code.org"))
        let ingress = try text("ingress")
        #expect(ingress.contains("link.argocd.argoproj.io/external-link: https://studio.\(stage).k8s.code.org/"))
        #expect(ingress.contains("code.ai/dns-name: studio.\(stage)"))
        let user = ["staging", "test"].contains(stage) ? 0 : 1000
        #expect(try text("deployment_\(stage)-cdo-dashboard").contains("runAsUser: \(user)\n"))
        #expect(try text("deployment_\(stage)-cdo-active-job-worker").contains("runAsUser: 1000\n"))
        for part in ["cdo-dashboard", "cdo-active-job-worker"] {
            #expect(
                try text("deployment_\(stage)-\(part)").contains("image: \(CodeAI.repository)@\(RenderFixture.digest)"))
        }
    }
}
