import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import Support
import Testing

@testable import Rendering

@Suite("Charts that give another output each time", .needs("helm"), .timeLimit(.minutes(2)))
struct HelmRandomTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var secret: String
        var values = ""
        var files: [String: String] = [:]
        /// The field that the finding names; nil when the chart is deterministic.
        var field: String?
        /// What else the finding names.
        var names: [String] = []
        var allow: [String] = []
    }

    private static func input(_ item: Case) throws -> RenderInput {
        var chart = HelmRenderTests.chart.merging(item.files) { $1 }
        chart["values.yaml"]? += item.values
        chart["templates/secret.yaml"] =
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  fixed: x\n  \(item.secret)\n"
        let input = try HelmRenderTests.input(chart)
        return RenderInput(
            release: input.release, package: input.package, packageDigest: input.packageDigest,
            deployment: try Deployment(
                name: "staging", envType: "staging", namespace: "staging",
                allowRandom: item.allow.isEmpty ? nil : item.allow.map { try RandomField($0) }),
            policy: input.policy, options: input.options)
    }

    static let refused = [
        Case(
            testDescription: "a password", secret: "password: {{ .Values.auth.password | default (randAlphaNum 16) }}",
            values: "auth: {password: \"\"}\n", field: "stringData.password",
            names: [
                "package/helm/templates/secret.yaml:7:", "Secret db", "randAlphaNum", "set the value auth.password",
                "allowRandom: [\"Secret/db stringData.password\"]",
            ]),
        Case(
            testDescription: "a password of a helper", secret: "password: {{ include \"pw\" . }}",
            values: "auth: {password: \"\"}\n",
            files: [
                "templates/_pw.tpl":
                    "{{- define \"pw\" -}}\n{{- .Values.auth.password | default (randAlpha 9) -}}\n{{- end -}}\n"
            ],
            field: "stringData.password", names: ["package/helm/templates/_pw.tpl:2:", "auth.password"]),
        Case(testDescription: "a UUID", secret: "id: {{ uuidv4 }}", field: "stringData.id", names: ["uuidv4"]),
        Case(
            testDescription: "a salt", secret: "htpasswd: {{ htpasswd \"a\" \"b\" | quote }}",
            field: "stringData.htpasswd",
            names: ["htpasswd"]),
        Case(
            testDescription: "a certificate",
            secret: "{{- $c := genSelfSignedCert \"a\" nil nil 1 }}\n  tls.crt: {{ $c.Cert | quote }}",
            field: "stringData[\"tls.crt\"]", names: ["genSelfSignedCert"]),
        Case(
            testDescription: "the second", secret: "at: {{ now | unixEpoch | quote }}", field: "stringData.at",
            names: ["now"]),
        Case(
            testDescription: "the year", secret: "at: {{ now | date \"2006\" | quote }}", field: "stringData.at",
            names: ["now"]),
        Case(
            testDescription: "the time of a helper", secret: "at: {{ include \"t\" . | quote }}",
            files: ["templates/_t.tpl": "{{- define \"t\" }}{{ $now := now }}{{ $now.Year }}{{ end -}}\n"],
            field: "stringData.at",
            names: ["now"]),
        Case(
            testDescription: "the time of a value that is a template", secret: "at: {{ tpl .Values.at . | quote }}",
            values: "at: '{{ date \"2006\" now }}'\n", field: "stringData.at"),
        Case(
            testDescription: "the time of a subchart", secret: "a: b",
            files: [
                "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
                "charts/sub/templates/map.yaml":
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: sub}\ndata: {at: \"{{ now | date `2006` }}\"}\n",
            ], field: "data.at", names: ["package/helm/charts/sub/templates/map.yaml:4:"]),
        Case(
            testDescription: "a name", secret: "a: b",
            files: [
                "templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \"a{{ randNumeric 9 }}\"}\n"
            ],
            field: "metadata.name", names: ["package/helm/templates/map.yaml:3:"]),
        Case(
            testDescription: "a comment", secret: "a: b # {{ randAlpha 8 }}", field: "comments",
            names: ["secret.yaml:7:"]),
        Case(
            testDescription: "another field than the one allowed",
            secret: "a: {{ randAlpha 8 }}\n  b: {{ randAlpha 8 }}",
            field: "stringData.b", allow: ["stringData.a"]),
        Case(
            testDescription: "the field of another object than the one allowed", secret: "a: {{ randAlpha 8 }}",
            field: "stringData.a", allow: ["Secret/other stringData.a"]),
    ]

    @Test("are refused, with object, field and the value to set", arguments: refused)
    func refuses(_ item: Case) async throws {
        let findings = try await RenderFixture.rejection(Self.input(item))
        #expect(findings.map(\.rule) == ["render.random"], "\(findings)")
        for name in [item.field ?? ""] + item.names {
            #expect("\(findings)".replacing("\\\"", with: "\"").contains(name), "\(findings)")
        }
    }

    static let rendered = [
        Case(
            testDescription: "a value that is set", secret: "password: {{ .Values.password | default (randAlpha 9) }}",
            values: "password: p\n"),
        Case(
            testDescription: "a condition that is off",
            secret: "a: {{ if .Values.no }}{{ now }}{{ randAlpha 9 }}{{ end }}b"),
        Case(
            testDescription: "the word now",
            secret: "a: {{/* now */}}{{ $now := \"now\" }}{{ $now }}{{ .Values.now }} now {{ `now` }}",
            values: "now: now\n"),
        Case(testDescription: "a field that is allowed", secret: "a: {{ randAlpha 9 }}", allow: ["stringData.a"]),
        Case(
            testDescription: "an object whose data is allowed", secret: "a: {{ randAlpha 9 }}\n  b: {{ uuidv4 }}",
            allow: ["Secret/db stringData"]),
        Case(
            testDescription: "a certificate that is allowed",
            secret:
                "{{- $c := genSelfSignedCert \"a\" nil nil 1 }}\n  tls.crt: {{ $c.Cert | quote }}\n  tls.key: |-\n{{ $c.Key | indent 4 }}",
            allow: ["stringData[\"tls.crt\"]", "Secret/db stringData[\"tls.key\"]"]),
        Case(
            testDescription: "a time that is allowed", secret: "a: {{ now | date \"2006\" | quote }}",
            allow: ["stringData.a"]),
    ]

    @Test("are rendered when nothing differs, or only what is allowed", arguments: rendered)
    func renders(_ item: Case) async throws {
        let rendered = try await RenderFixture.renderer.render(Self.input(item))
        #expect(rendered.objects.map(\.kind).contains("Secret"))
    }

    @Test("a cold render runs helm twice, and a cached one not at all")
    func runs() async throws {
        try await withTemporaryDirectory { directory in
            let runner = RenderCounter()
            let cache = RenderCache(directory: directory)
            let item = Case(
                testDescription: "", secret: "a: {{ now | date \"2006\" | quote }}", allow: ["stringData.a"])
            let first = try await Renderer(runner: runner, cache: cache).render(Self.input(item))
            #expect(runner.renders == 2)
            let second = try await Renderer(runner: runner, cache: cache).render(Self.input(item))
            #expect(runner.renders == 2)
            #expect(second.files == first.files)
            let text = String(decoding: first.files.flatMap(\.content), as: UTF8.self)
            #expect(!text.contains("2001"))
        }
    }

    @Test("deployment.yaml names the fields strictly")
    func fields() throws {
        func deployment(_ text: String) throws -> Deployment {
            try Deployment(
                name: "staging", yaml: Array("envType: staging\nnamespace: shop\n\(text)\n".utf8),
                file: "deployment.yaml")
        }
        let all = try deployment(
            "allowRandom: [data.password, Secret/db data.key, 'data[\"a b\"]', Secret/db stringData]")
        #expect(
            all.allowRandom?.map(\.description) == [
                "data.password", "Secret/db data.key", "data[\"a b\"]", "Secret/db stringData",
            ])
        for text in ["''", "' a'", "Secret data.a", "Secret/ data.a", "/db data.a", "'Secret/db '", ".a"] {
            let error = #expect(throws: (any Error).self) { try deployment("allowRandom: [\(text)]") }
            #expect(
                "\(error.map { "\($0)" } ?? "")".contains("is not a field"), "\(text): \(error.map { "\($0)" } ?? "")")
        }
    }
}

@Suite("The cluster that a chart is rendered for", .needs("helm"), .timeLimit(.minutes(1)))
struct KubernetesTargetTests {
    private static func deployment(_ text: String) throws -> Deployment {
        try Deployment(
            name: "staging", yaml: Array("envType: staging\nnamespace: staging\n\(text)\n".utf8),
            file: "deployment.yaml")
    }

    @Test("helm knows its version and its API versions")
    func capabilities() async throws {
        let template = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: seen}
            data:
              version: {{ .Capabilities.KubeVersion.Version | quote }}
              monitors: "{{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor" }}"
              gateway: "{{ .Capabilities.APIVersions.Has "example.com/v7" }}"
            """
        let input = try HelmRenderTests.input(["templates/seen.yaml": template])
        let target = try Self.deployment(
            "kubernetes: {version: \"1.29\", apis: [monitoring.coreos.com/v1/ServiceMonitor, example.com/v7]}")
        let rendered = try await RenderFixture.renderer.render(
            RenderInput(
                release: input.release, package: input.package, packageDigest: input.packageDigest, deployment: target,
                policy: input.policy))
        let seen = try #require(rendered.files.first { $0.path.description == "v1_configmap_seen.yaml" })
        let text = String(decoding: seen.content, as: UTF8.self)
        for line in ["version: \"v1.29.0\"", "monitors: \"true\"", "gateway: \"true\""] {
            #expect(text.contains(line), "\(text)")
        }
    }

    @Test(
        "is read strictly",
        arguments: [
            "version: 1.29", "version: \"1\"", "version: \"1.29; rm\"", "version: latest", "version: \"--debug\"",
            "apis: [\"\"]", "apis: [--debug]", "apis: [a/b/c/d]", "apis: a/v1", "versions: [a]", "version:",
        ])
    func strict(_ text: String) {
        #expect(throws: (any Error).self) { try Self.deployment("kubernetes:\n  \(text)") }
    }

    @Test("is refused for a Kustomize package, where it has no effect")
    func kustomize() async throws {
        let input = try RenderFixture.input()
        let findings = try await RenderFixture.rejection(
            RenderInput(
                release: input.release, package: input.package, packageDigest: input.packageDigest,
                deployment: Self.deployment("kubernetes: {version: \"1.29\"}\nallowRandom: [data.a]"),
                policy: input.policy))
        #expect(findings.map(\.rule) == ["render.unused-setting", "render.unused-setting"])
        #expect(findings.first?.file == "deployments/staging/deployment.yaml")
    }
}
