import CapsuleCore
import CapsuleTestSupport
import Processes
import Support
import Testing

@testable import Rendering

@Suite("The version of Helm is found in a render", .needs("helm"), .timeLimit(.minutes(1)))
struct HelmVersionTests {
    private static func version() async throws -> String {
        try await Tool.output(["helm", "version", "--template", "{{.Version}}"])
    }

    @Test("in two processes, and no trace of it is in the output")
    func processes() async throws {
        let runner = RenderCounter()
        let renderer = Renderer(runner: runner, cache: nil)
        let rendered = try await renderer.render(HelmRenderTests.input())
        #expect(rendered.renderer.version == (try await Self.version()))
        #expect(runner.all == 2)
        #expect(!rendered.files.contains { String(decoding: $0.content, as: UTF8.self).contains("capsule-version") })
        #expect(rendered.objects.count == 2)
        // Then it is known, and the output is that of a chart to which nothing was added.
        let again = try await renderer.render(HelmRenderTests.input())
        #expect(again.files == rendered.files)
        #expect(runner.all == 4)
        // The two renders of a chart read the same files, and those of a chart that reads the clock do not.
        #expect(runner.trees == 2)
        let clock =
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {year: {{ now | date \"2006\" | quote }}}\n"
        await #expect(throws: RenderRejection.self) {
            try await renderer.render(HelmRenderTests.input(["templates/clock.yaml": clock]))
        }
        #expect(runner.trees == 4)
        #expect(try await renderer.identity(for: .helm).version == rendered.renderer.version)
        #expect(runner.all == 6)
    }

    @Test("and a later process finds the cached output by it without running Helm")
    func cached() async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            let rendered = try await Renderer(runner: RenderCounter(), cache: cache).render(HelmRenderTests.input())
            let runner = RenderCounter()
            let again = try await Renderer(runner: runner, cache: cache).render(HelmRenderTests.input())
            #expect(runner.all == 0)
            #expect(again.isCached)
            #expect(again.renderer == rendered.renderer)
        }
    }

    @Test(
        "which a chart cannot replace",
        arguments: ["templates/aaa.yaml", "templates/v/v/v/v/v/v/aaa.yaml", "charts/sub/templates/v/v/v/aaa.yaml"])
    func tampering(path: String) async throws {
        let template = """
            {{- $_ := set $ "Capabilities" (dict "HelmVersion" (dict "Version" "v9.9.9")) }}
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: seen}
            data: {version: {{ .Capabilities.HelmVersion.Version | quote }}}

            """
        var files = [path: template]
        if path.hasPrefix("charts/") {
            files["charts/sub/Chart.yaml"] = "apiVersion: v2\nname: sub\nversion: 0.1.0\n"
            files["Chart.yaml"] =
                "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies: [{name: sub, version: 0.1.0}]\n"
        }
        let runner = RenderCounter()
        let rendered = try await Renderer(runner: runner, cache: nil).render(HelmRenderTests.input(files))
        let seen = rendered.files.first { String(decoding: $0.content, as: UTF8.self).contains("name: seen") }
        #expect(seen.map { String(decoding: $0.content, as: UTF8.self).contains("v9.9.9") } == true)
        #expect(rendered.renderer.version == (try await Self.version()))
        #expect(runner.all == 2)
    }

    @Test("and is read in a run of its own when the chart leaves the template out")
    func ignored() async throws {
        let runner = RenderCounter()
        let rendered = try await Renderer(runner: runner, cache: nil)
            .render(HelmRenderTests.input([".helmignore": "capsule-version-*\n"]))
        #expect(rendered.renderer.version == (try await Self.version()))
        #expect(runner.all == 3)
        #expect(runner.renders == 2)
    }

    @Test("and is in the message of a chart that fails")
    func failing() async throws {
        let input = try HelmRenderTests.input(["templates/broken.yaml": "{{ fail \"no luck\" }}\n"])
        let rejection = await #expect(throws: RenderRejection.self) {
            try await Renderer(runner: SystemCommandRunner(), cache: nil).render(input)
        }
        let version = try await Self.version()
        #expect(rejection?.description.contains("helm \(version) cannot render it: no luck") == true)
    }

    @Test("of a chart whose values have a strict schema, and no others")
    func schema() async throws {
        let schema = """
            {"type": "object", "additionalProperties": false,
             "properties": {"replicas": {"type": "integer"}, "image": {"type": "object"}}}
            """
        let runner = RenderCounter()
        let rendered = try await Renderer(runner: runner, cache: nil)
            .render(HelmRenderTests.input(["values.schema.json": schema]))
        #expect(rendered.objects.count == 2)
        #expect(runner.all == 2)
    }

    @Test("by its own document only, wherever that is")
    func documents() throws {
        let chart = try HelmRenderTests.input().package
        let probe = HelmVersionProbe(chart)
        let invocation = try Invocation.plan(HelmRenderTests.input(), tool: "helm")
        let added = try #require(try probe.added(to: invocation).written.last)
        let path = "shop/" + added.path.segments.dropFirst(2).joined(separator: "/")
        let own =
            "---\n# Source: \(path)\n"
            + String(decoding: added.content, as: UTF8.self)
            .replacing("{{ .Capabilities.HelmVersion.Version | quote }}", with: "\"v3.14.2\"")
        let other = "---\n# Source: shop/templates/a.yaml\nkind: A\n"
        for text in [own, own + other, other + own, other + own + other] {
            let (rest, version) = probe.taken(from: Array(text.utf8))
            #expect(version?.description == "v3.14.2")
            #expect(String(decoding: rest, as: UTF8.self) == text.replacing(own, with: ""))
        }
        let none = probe.taken(from: Array((other + other).utf8))
        #expect(none.version == nil)
        #expect(none.output == Array((other + other).utf8))
        #expect(HelmVersionProbe(chart).taken(from: Array(own.utf8)).version == nil)
    }
}
