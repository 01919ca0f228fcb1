import Archive
import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import Support
import Testing

@testable import Rendering

@Suite("Rendering with helm", .needs("helm"), .timeLimit(.minutes(1)))
struct HelmRenderTests {
    static let chart = [
        "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n",
        "values.yaml": "replicas: 1\nimage:\n  repository: shop\n  tag: latest\n",
        "templates/_helpers.tpl": "{{- define \"shop.name\" -}}{{ .Release.Name }}-web{{- end -}}\n",
        "templates/web.yaml": """
        # The web server.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ include "shop.name" . }}
        spec:
          replicas: {{ .Values.replicas }}
          template:
            spec:
              containers:
                - name: web
                  image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"   # kept as it is
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: notes, namespace: {{ .Release.Namespace }}}
        data:
          text: |
            ---
            not a separator
        ---
        {{- if .Values.nothing }}
        kind: Never
        {{- end }}
        # nothing here

        """,
        "templates/tests/probe.yaml": """
        apiVersion: v1
        kind: Pod
        metadata:
          name: probe
          annotations: {"helm.sh/hook": test}
        spec: {containers: [{name: probe, image: busybox}]}

        """,
    ]
    static let policy = [
        "envTypes/staging.values.yaml": "replicas: 2\n",
        "deployments/staging/values.yaml": "replicas: 3\nimage:\n  repository: ignored\n",
        "envTypes/production.values.yaml": "replicas: 9\n",
    ]

    static func input(
        _ more: [String: String] = [:], policy: [String: String] = policy, images: [ReleaseManifest.Image]? = nil,
        options: RenderOptions = RenderOptions()
    ) throws -> RenderInput {
        try RenderFixture.input(
            package: chart.merging(more) { $1 }, policy: policy, kind: .helm, images: images, options: options)
    }

    @Test("sets the image, layers the values, and cuts the stream without changing a byte")
    func renders() async throws {
        let rendered = try await RenderFixture.renderer.render(Self.input())
        #expect(
            rendered.files.map(\.path.description) == [
                "apps_v1_deployment_staging-web.yaml", "v1_configmap_notes.yaml",
            ])
        let web = String(decoding: rendered.files[0].content, as: UTF8.self)
        #expect(web.contains("  replicas: 3\n"))
        let reference = "\(RenderFixture.repository):git-\(RenderFixture.commit)@\(RenderFixture.digest)"
        #expect(web.contains("image: \"\(reference)\"   # kept as it is\n"))
        #expect(web.contains("# Source: shop/templates/web.yaml\n"))
        #expect(String(decoding: rendered.files[1].content, as: UTF8.self).contains("    ---\n    not a separator\n"))
        #expect(rendered.renderer.name == "helm")
        #expect(rendered.objects.map(\.namespace) == [nil, "staging"])
    }

    @Test("gives the objects that helm itself prints, but for the digest")
    func sameAsHelm() async throws {
        let input = try Self.input()
        let rendered = try await RenderFixture.renderer.render(input)
        let invocation = try Invocation.plan(input, tool: "helm")
        try await withTemporaryDirectory { directory in
            for file in invocation.package + invocation.policy {
                try writeFile("\(directory)/\(file.path)", file.content)
            }
            let text = try await Tool.output(["helm"] + invocation.arguments, in: directory)
            for file in rendered.files {
                let object = String(decoding: file.content, as: UTF8.self)
                #expect(text.contains(object.replacing("@\(RenderFixture.digest)", with: "")))
            }
        }
    }

    @Test("takes other keys, another release name, and the keys of further images")
    func keys() async throws {
        var options = RenderOptions()
        options.helm.releaseName = "shop"
        options.helm.values = try HelmValues(["web.name": "{repository}", "web.version": "{tag}"])
        options.helm.images["cache"] = try HelmValues(["cache.repo": "{repository}", "cache.tag": "{tag}"])
        let cache = try ReleaseManifest.Image(
            name: "cache", repoURL: Repository("docker.io/library/redis"), tag: Tag("7.4"),
            digest: Digest(RenderFixture.otherDigest))
        let template = """
            apiVersion: v1
            kind: Pod
            metadata: {name: {{ .Release.Name }}}
            spec:
              containers:
                - {name: a, image: "{{ .Values.web.name }}:{{ .Values.web.version }}"}
                - {name: b, image: "{{ .Values.cache.repo }}:{{ .Values.cache.tag }}"}
            """
        let rendered = try await RenderFixture.renderer.render(
            Self.input(["templates/web.yaml": template], images: [cache], options: options))
        #expect(rendered.objects.map(\.name) == ["shop"])
        #expect(
            String(decoding: rendered.files[0].content, as: UTF8.self)
                .contains("docker.io/library/redis:7.4@\(RenderFixture.otherDigest)"))
    }

    @Test("refuses a chart that ignores the keys, and names the placeholder")
    func ignoredKeys() async throws {
        var options = RenderOptions()
        options.helm.values = try HelmValues(["other.repository": "{repository}", "other.tag": "{tag}"])
        let findings = try await RenderFixture.rejection(
            Self.input(policy: ["envTypes/staging.values.yaml": ""], options: options))
        #expect(findings.map(\.rule) == ["render.placeholder"])
        #expect(findings.first?.message.contains("Deployment staging-web") == true)
    }

    @Test("renders custom resource definitions only where cluster scope is allowed")
    func crds() async throws {
        let crd = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: shops.acme.example}
            """
        let findings = try await RenderFixture.rejection(Self.input(["crds/shop.yaml": crd]))
        #expect(findings.map(\.rule) == ["render.cluster-scope"])
        #expect(findings.first?.file == "package/helm/crds/shop.yaml")
        var options = RenderOptions()
        options.allowClusterScoped = true
        let rendered = try await RenderFixture.renderer.render(Self.input(["crds/shop.yaml": crd], options: options))
        #expect(rendered.objects.map(\.kind).contains("CustomResourceDefinition"))
        options = RenderOptions()
        options.helm.includeCRDs = false
        _ = try await RenderFixture.renderer.render(Self.input(["crds/shop.yaml": crd], options: options))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let files: [String: String]
        var policy = HelmRenderTests.policy
        let rule: String
    }

    static let refused: [Case] = [
        Case(
            testDescription: "a dependency that is not vendored",
            files: [
                "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n"
                    + "  - {name: redis, version: 1.0.0, repository: 'http://127.0.0.1:1'}\n"
            ], rule: "package."),
        Case(testDescription: "no values for the environment", files: [:], policy: [:], rule: "render.no-policy"),
        Case(
            testDescription: "an alias bomb in the values", files: [:],
            policy: ["envTypes/staging.values.yaml": RendererFaultTests.bomb], rule: "render.unreadable"),
        Case(
            testDescription: "objects for another namespace",
            files: [
                "templates/role.yaml":
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: kube-system}\n"
            ], rule: "render.namespace"),
        Case(
            testDescription: "one object in two templates",
            files: ["templates/again.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\n"],
            rule: "render.duplicate"),
        Case(
            testDescription: "a list around objects of another namespace",
            files: [
                "templates/list.yaml":
                    "apiVersion: v1\nkind: List\nmetadata: {name: l}\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: kube-system}}]\n"
            ], rule: "render.namespace"),
        Case(
            testDescription: "an object with items",
            files: [
                "templates/list.yaml":
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: l}\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: x}}]\n"
            ], rule: "render.not-an-object"),
    ]

    @Test("names the template of an object that a proof refuses")
    func templates() async throws {
        let templates = [
            "templates/shop.yaml":
                "apiVersion: acme.example/v1\nkind: {{ \"Shop\" }}\nmetadata: {name: s}\nspec: {a: {{ \"busybox\" }}}\n",
            "templates/image.yaml":
                "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\nspec: {containers: [{name: a, image: {{ print \"a.example/b:change\" \"-me\" }}}]}\n",
        ]
        let findings = try await RenderFixture.rejection(Self.input(templates))
        #expect(findings.map(\.rule).sorted() == ["render.cluster-scope", "render.leftover"])
        #expect(
            Set(findings.compactMap(\.file)) == [
                "package/helm/templates/image.yaml", "package/helm/templates/shop.yaml",
            ])
    }

    @Test("writes each object of a list to a file of its own")
    func lists() async throws {
        let template = """
            apiVersion: v1
            kind: ConfigMapList
            items:
            {{- range $name := list "a" "b" }}
              - apiVersion: v1
                kind: ConfigMap
                metadata: {name: {{ $name }}}
                data: {name: {{ $name | quote }}}
            {{- end }}
            ---
            apiVersion: v1
            kind: List
            items:
            {{- range $name := list }}
              - {apiVersion: v1, kind: ConfigMap, metadata: {name: never}}
            {{- end }}
            """
        let rendered = try await RenderFixture.renderer.render(Self.input(["templates/list.yaml": template]))
        #expect(rendered.objects.map(\.name) == ["staging-web", "a", "b", "notes"])
        let file = try #require(rendered.files.first { $0.path.description == "v1_configmap_a.yaml" })
        #expect(
            String(decoding: file.content, as: UTF8.self) == """
                # Source: shop/templates/list.yaml
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: a
                data:
                  name: a

                """)
    }

    @Test("refuses what reaches out or hides", arguments: refused)
    func refuses(_ item: Case) async throws {
        let findings = try await RenderFixture.rejection(Self.input(item.files, policy: item.policy))
        #expect(findings.contains { $0.rule.hasPrefix(item.rule) }, "\(findings)")
    }

    @Test("cannot look anything up: no cluster, no host names, no files outside the chart")
    func confined() async throws {
        let template = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: seen}
            data:
              cluster: {{ lookup "v1" "Secret" "kube-system" "" | toJson | quote }}
              host: {{ getHostByName "localhost" | quote }}
              file: {{ .Files.Get "../../../../../../../../etc/passwd" | quote }}
              home: {{ env "HOME" | default "none" | quote }}
            """
        let result = await Result {
            try await RenderFixture.renderer.render(Self.input(["templates/seen.yaml": template]))
        }
        // `env` does not exist in helm's templates: the chart does not render at all.
        guard case .failure(let error) = result else { return #expect(Bool(false), "was rendered") }
        #expect("\(error)".contains("function \"env\" not defined"))
        let without = template.split(separator: "\n").filter { !$0.contains("env ") }.joined(separator: "\n")
        let rendered = try await RenderFixture.renderer.render(Self.input(["templates/seen.yaml": without]))
        let seen = try #require(rendered.files.first { $0.path.description == "v1_configmap_seen.yaml" })
        let text = String(decoding: seen.content, as: UTF8.self)
        #expect(text.contains("cluster: \"{}\""))
        #expect(text.contains("host: \"\""))
        #expect(text.contains("file: \"\""))
    }

    @Test("explains a template that fails, by its place in the chart")
    func failure() async throws {
        let finding = try await RenderFixture.rejection(
            Self.input(["templates/bad.yaml": "a: {{ required \"set the colour\" .Values.colour }}\n"])
        ).first
        #expect(finding?.message.contains("set the colour") == true, "\(String(describing: finding))")
        #expect(finding?.file == "package/helm/templates/bad.yaml")
        #expect(finding?.line == 1)
    }

    @Test("runs no helm for an unchanged render")
    func cached() async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            let first = try await Renderer(runner: SystemCommandRunner(), cache: cache).render(Self.input())
            let runner = RenderCounter()
            let second = try await Renderer(runner: runner, cache: cache).render(Self.input())
            #expect(runner.all == 0)
            #expect(first.files == second.files)
            var policy = Self.policy
            policy["envTypes/production.values.yaml"] = "replicas: 10\n"
            _ = try await Renderer(runner: runner, cache: cache).render(Self.input(policy: policy))
            #expect(runner.all == 0)
        }
    }
}
