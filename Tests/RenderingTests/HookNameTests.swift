import CapsuleCore
import CapsuleTestSupport
import Support
import Testing

@testable import Rendering

@Suite("Hooks of a chart without a name", .needs("helm"), .timeLimit(.minutes(1)))
struct HookNameTests {
    static let hooks = ["helm.sh/hook: \"pre-install,pre-upgrade\"", "argocd.argoproj.io/hook: PreSync"]

    static func job(
        _ annotation: String, generateName: String = "migrate-", argument: String = "up", metadata: String = "",
        image: String = "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
    ) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {generateName: \(generateName), annotations: {\(annotation)}\(metadata)}
        spec: {template: {spec: {containers: [{name: m, image: "\(image)", args: [\(argument)]}]}}}

        """
    }

    static func render(_ jobs: String..., options: RenderOptions = RenderOptions()) async throws -> RenderedManifests {
        let chart = ["templates/job.yaml": jobs.joined(separator: "---\n")]
        return try await RenderFixture.renderer.render(HelmRenderTests.input(chart, options: options))
    }

    static func rejection(_ job: String) async throws -> Finding? {
        try await RenderFixture.rejection(HelmRenderTests.input(["templates/job.yaml": job])).first
    }

    @Test("are rendered, pinned and named by their text and number", arguments: hooks)
    func accepted(_ annotation: String) async throws {
        let rendered = try await Self.render(Self.job(annotation))
        let job = try #require(rendered.objects.first { $0.kind == "Job" })
        #expect(job.file.description == "batch_v1_job_migrate-_1.yaml")
        #expect((job.name, job.generateName) == ("", "migrate-"))
        #expect(job.title == "Job migrate-*")
        let file = try #require(rendered.files.first { $0.path == job.file })
        #expect(String(decoding: file.content, as: UTF8.self).contains("@\(RenderFixture.digest)\""))
        #expect(rendered.warnings == [])
    }

    @Test("pass through every proof: of images, of namespaces and of scopes")
    func proven() async throws {
        let hook = Self.hooks[1]
        let image = try await Self.rejection(Self.job(hook, image: "\(RenderFixture.repository):other"))
        #expect(image?.rule == "render.image-digest")
        #expect(image?.message.hasPrefix("Job migrate-*: ") == true, "\(String(describing: image))")
        #expect(image?.file == "package/helm/templates/job.yaml")
        let namespace = try await Self.rejection(Self.job(hook, metadata: ", namespace: other"))
        #expect(namespace?.rule == "render.namespace")
        #expect(namespace?.message.hasPrefix("Job other/migrate-*: ") == true, "\(String(describing: namespace))")
        let scope = try await Self.rejection(
            "apiVersion: v1\nkind: Namespace\nmetadata: {generateName: n-, annotations: {\(hook)}}\n")
        #expect(scope?.rule == "render.cluster-scope")
    }

    static let others = [
        "", "argocd.argoproj.io/hook: Skip", "argocd.argoproj.io/hook: \"\"", "helm.sh/hook-weight: \"1\"",
    ]

    @Test("are refused when they are not hooks, with the reason, the template and the remedy", arguments: others)
    func refused(_ annotation: String) async throws {
        let finding = try #require(try await Self.rejection(Self.job(annotation)))
        #expect(finding.rule == "render.not-an-object")
        #expect(finding.file == "package/helm/templates/job.yaml")
        for text in ["generateName \"migrate-\"", "is not a hook", "give the object a name", "argocd.argoproj.io/hook"]
        {
            #expect("\(finding)".contains(text), "\(text): \(finding)")
        }
    }

    @Test("with the same text are two objects, and the one that Argo CD would replace is reported")
    func same() async throws {
        let hook = Self.hooks[0]
        let both = try await Self.render(Self.job(hook), Self.job(hook, argument: "down"))
        let jobs = both.objects.filter { $0.kind == "Job" }
        #expect(jobs.map(\.title) == ["Job migrate-*", "Job migrate-* (2)"])
        let warning = try #require(both.warnings.first)
        #expect(both.warnings.count == 1)
        #expect(warning.severity == .warning)
        for text in ["Job migrate-* and Job migrate-* (2)", "PreSync", "generateName"] {
            #expect("\(warning)".contains(text), "\(text): \(warning)")
        }
        let phases = try await Self.render(Self.job(hook), Self.job("argocd.argoproj.io/hook: PostSync"))
        #expect(phases.warnings == [])
    }

    @Test("do not hide one another in a difference, in any number")
    func difference() async throws {
        func jobs(_ last: String) -> String {
            (1...11).map { Self.job(Self.hooks[1], argument: $0 == 10 ? last : "step\($0)") }.joined(separator: "---\n")
        }
        let old = try await Self.render(jobs("up"))
        let new = try await Self.render(jobs("down"))
        let diff = ManifestDiff.between(old.files, new.files)
        #expect(diff.objects.map(\.title) == ["Job migrate-* (10)"])
        #expect(diff.objects.first?.fields.map(\.new) == ["down"])
        let more = try await Self.render(jobs("up"), Self.job(Self.hooks[1], argument: "more"))
        let added = ManifestDiff.between(old.files, more.files)
        #expect(added.objects.map(\.title) == ["Job migrate-* (12)"])
        #expect(added.objects.map(\.change) == [.added])
    }

    @Test("may have a random field where the deployment allows it")
    func random() async throws {
        let job = Self.job(Self.hooks[1], argument: "{{ randAlphaNum 20 | quote }}")
        let finding = try #require(try await Self.rejection(job))
        #expect(finding.rule == "render.random")
        #expect(finding.remedy.contains("Job/migrate-* spec.template"), "\(finding)")
    }
}
