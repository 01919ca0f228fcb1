import CapsuleCore
import CapsuleTestSupport
import OCI
import Support
import Testing

@testable import Rendering

@Suite("Shapes of charts", .needs("helm"), .timeLimit(.minutes(2)))
struct HelmShapeTests {
    static let tag = "git-\(RenderFixture.commit)"
    static let tagged = "\(RenderFixture.repository):\(tag)@\(RenderFixture.digest)"

    /// A shape that renders without a change of the chart: the image, and the values that were found.
    struct Works: Sendable, CustomTestStringConvertible {
        let shape: HelmShape
        var image = HelmShapeTests.tagged
        var found: String?
        var contains: [String] = []
        var testDescription: String { shape.testDescription }

        init(
            _ description: String, _ values: String, image: String, container: [String] = [], labels: [String] = [],
            head: String = "", files: [String: String] = [:], images: [String: String] = [:],
            explicit: [String: String] = [:], gives: String = HelmShapeTests.tagged, found: String? = nil,
            contains: [String] = []
        ) {
            shape = HelmShape(
                testDescription: description, values: values, image: image, container: container, labels: labels,
                head: head, files: files, images: images, explicit: explicit)
            self.image = gives
            self.found = found
            self.contains = contains
        }
    }

    private static let plain = "\"{{ .Values.image.repository }}:{{ .Values.image.tag }}\""
    private static let four =
        "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        + "{{ with .Values.image.digest }}@{{ . }}{{ end }}"
    private static let preferred =
        "{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}"
        + "{{ else }}:{{ .Values.image.tag }}{{ end }}"
    private static let subchart = [
        "Chart.yaml": "apiVersion: v2\nname: store\nversion: 0.1.0\n"
            + "dependencies: [{name: web, version: 1.0.0, alias: front}]\n",
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "charts/web/values.yaml": "image: {repository: example/shop, tag: latest}\n",
        "charts/web/templates/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: front}\n"
            + "spec: {containers: [{name: a, image: \(plain)}]}\n",
    ]
    private static let pinned = "\(RenderFixture.repository)@\(RenderFixture.digest)"

    static let works: [Works] = [
        Works(
            "repository and tag", "image: {repository: example/shop, tag: latest}\n", image: plain,
            found: "image.repository={repository}, image.tag={tag}"),
        Works(
            "registry, repository and tag", "image: {registry: docker.io, repository: example/shop, tag: latest}\n",
            image: "{{ .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}",
            found: "image.registry={registry}, image.repository={path}, image.tag={tag}"),
        Works(
            "registry, repository, tag and digest",
            "image:\n  registry: docker.io\n  repository: example/shop\n  tag: latest\n  digest: \"\"\n", image: four,
            found: "image.digest={digest}, image.registry={registry}, image.repository={path}, image.tag={tag}"),
        Works(
            "a digest that is preferred over the tag",
            "image: {repository: example/shop, tag: latest, digest: \"\"}\n", image: preferred, gives: pinned),
        Works(
            "a digest of the chart's own image",
            "image: {repository: example/shop, tag: latest, digest: \"\(RenderFixture.otherDigest)\"}\n",
            image: preferred, gives: pinned),
        Works(
            "the hash alone, sha", "image: {repository: example/shop, tag: latest, sha: \"\"}\n",
            image:
                "{{ .Values.image.repository }}:{{ .Values.image.tag }}{{ with .Values.image.sha }}@sha256:{{ . }}{{ end }}",
            found: "image.repository={repository}, image.sha={hex}, image.tag={tag}"),
        Works(
            "the hash alone, digest", "image: {repository: example/shop, tag: latest, digest: \"\"}\n",
            image: "{{ .Values.image.repository }}@sha256:{{ .Values.image.digest }}", gives: pinned,
            found: "image.digest={hex}, image.repository={repository}, image.tag={tag}"),
        Works(
            "one text", "image: example/shop:1.0\n", image: "{{ .Values.image | quote }}",
            found: "image={reference}"),
        Works(
            "one text without a tag, and a tag", "image: example/shop\nimageTag: latest\n",
            image: "{{ .Values.image }}:{{ .Values.imageTag }}", found: "image={repository}, imageTag={tag}"),
        Works(
            "flat values", "imageRepository: example/shop\nimageTag: latest\n",
            image: "{{ .Values.imageRepository }}:{{ .Values.imageTag }}",
            found: "imageRepository={repository}, imageTag={tag}"),
        Works(
            "name and tag", "image: {name: example/shop, tag: latest}\n",
            image: "{{ .Values.image.name }}:{{ .Values.image.tag }}"),
        Works(
            "name and version", "image: {name: example/shop, version: latest}\n",
            image: "{{ .Values.image.name }}:{{ .Values.image.version }}"),
        Works(
            "a repository that holds the tag", "image: {repository: \"example/shop:1.0\"}\n",
            image: "{{ .Values.image.repository }}", found: "image.repository={reference}"),
        Works(
            "a tag that holds a digest",
            "image: {repository: example/shop, tag: \"1.0@\(RenderFixture.otherDigest)\"}\n", image: plain),
        Works(
            "a component's image with a registry of its own",
            "controller:\n  image: {registry: registry.k8s.io, image: shop/controller, tag: v1, digest: \"\"}\n"
                + "backend:\n  image: {registry: registry.k8s.io, image: default-backend, tag: \"1.5\"}\n",
            image:
                "{{ with .Values.controller.image }}{{ .registry }}/{{ .image }}:{{ .tag }}{{ with .digest }}@{{ . }}{{ end }}{{ end }}"
        ),
        Works(
            "a global registry that has a value",
            "global: {imageRegistry: docker.io}\nimage: {repository: example/shop, tag: x}\n",
            image: "{{ .Values.global.imageRegistry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}",
            found: "global.imageRegistry={registry}, image.repository={path}, image.tag={tag}"),
        Works(
            "a global registry that is empty",
            "global: {imageRegistry: \"\"}\nimage: {repository: example/shop, tag: x}\n",
            image:
                "{{ with .Values.global.imageRegistry }}{{ . }}/{{ end }}{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        ),
        Works(
            "a global registry before the image's own",
            "global: {imageRegistry: \"\"}\nimage: {registry: docker.io, repository: example/shop, tag: x}\n",
            image:
                "{{ .Values.global.imageRegistry | default .Values.image.registry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        ),
        Works(
            "a global registry that another image shares",
            "global: {imageRegistry: registry.example.com}\nimage: {repository: example/shop, tag: x}\n"
                + "proxy: {image: {repository: acme/proxy, tag: \"1\"}}\n",
            image: "{{ .Values.global.imageRegistry }}/{{ .Values.image.repository }}:{{ .Values.image.tag }}",
            found: "image.repository={path}, image.tag={tag}"),
        Works(
            "a global image",
            "global: {image: {repository: example/store-x, tag: \"\"}}\nweb: {image: {repository: \"\", tag: \"\"}}\n",
            image:
                "{{ .Values.web.image.repository | default .Values.global.image.repository }}:{{ .Values.global.image.tag }}"
        ),
        Works(
            "a subchart with an alias", "replicas: 1\n", image: "busybox@\(RenderFixture.otherDigest)",
            files: subchart, gives: "busybox@\(RenderFixture.otherDigest)",
            found: "front.image.repository={repository}, front.image.tag={tag}"),
        Works(
            "a subchart whose image the chart around it names", "front: {image: {repository: other/shop}}\n",
            image: "busybox@\(RenderFixture.otherDigest)", files: subchart,
            gives: "busybox@\(RenderFixture.otherDigest)",
            found: "front.image.repository={repository}, front.image.tag={tag}"),
        Works(
            "two components with the same image",
            "web: {image: {repository: example/shop, tag: a}}\nworker: {image: {repository: example/shop, tag: a}}\n",
            image: "{{ .Values.web.image.repository }}:{{ .Values.web.image.tag }}",
            container: ["- {name: b, image: \"{{ .Values.worker.image.repository }}:{{ .Values.worker.image.tag }}\"}"],
            contains: ["{name: b, image: \"\(tagged)\"}"]),
        Works(
            "several images of the release on one tag",
            "image: {tag: latest}\napi: {repository: acme/shop}\nworker: {repository: acme/worker}\n"
                + "migrations: {image: {repository: acme/migrations}}\n",
            image: "{{ .Values.api.repository }}:{{ .Values.image.tag }}",
            container: [
                "- {name: b, image: \"{{ .Values.worker.repository }}:{{ .Values.image.tag }}\"}",
                "- {name: c, image: \"{{ .Values.migrations.image.repository }}:{{ .Values.image.tag }}\"}",
            ],
            images: [
                "worker": "registry.example.com/acme/worker", "migrations": "registry.example.com/acme/migrations",
            ],
            contains: [
                "{name: b, image: \"registry.example.com/acme/worker:\(tag)@\(RenderFixture.otherDigest)\"}",
                "{name: c, image: \"registry.example.com/acme/migrations:\(tag)@\(RenderFixture.otherDigest)\"}",
            ]),
        Works(
            "a further image by the name of its component",
            "image: {repository: acme/shop, tag: a}\nworker: {image: {repository: acme/shop-jobs, tag: a}}\n",
            image: plain,
            container: ["- {name: b, image: \"{{ .Values.worker.image.repository }}:{{ .Values.worker.image.tag }}\"}"],
            images: ["worker": "registry.example.com/acme/shop-worker"],
            contains: ["registry.example.com/acme/shop-worker:\(tag)@\(RenderFixture.otherDigest)"]),
        Works(
            "a locked image of a third party", "image: {repository: shop, tag: a}\n", image: plain,
            container: ["- {name: cache, image: \"redis:7.4\"}"], images: ["redis:7.4": "docker.io/library/redis"],
            contains: ["image: \"redis:7.4@\(RenderFixture.otherDigest)\""]),
        Works(
            "an empty tag, for the version of the chart", "image: {repository: example/shop, tag: \"\"}\n",
            image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"),
        Works(
            "a tag that the values do not list", "image: {repository: example/shop}\n",
            image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"),
        Works(
            "a tag in labels", "image: {repository: example/shop, tag: latest}\n", image: plain,
            labels: [
                "app.kubernetes.io/version: {{ .Values.image.tag | quote }}",
                "helm.sh/chart: {{ printf \"%s-%s\" .Chart.Name .Values.image.tag | trunc 63 | trimSuffix \"-\" }}",
            ],
            contains: ["app.kubernetes.io/version: \"\(tag)\"\n", "helm.sh/chart: store-\(tag)\n"]),
        Works(
            "a helper with the parts of the image", "image: {registry: \"\", repository: example/shop, tag: latest}\n",
            image: "{{ include \"store.image\" (dict \"image\" .Values.image \"chart\" .Chart) }}",
            files: [
                "templates/_helpers.tpl":
                    "{{- define \"store.image\" -}}{{- $tag := .image.tag | default .chart.AppVersion -}}"
                    + "{{- if .image.registry -}}{{ printf \"%s/%s:%s\" .image.registry .image.repository $tag }}"
                    + "{{- else -}}{{ printf \"%s:%s\" .image.repository $tag }}{{- end -}}{{- end -}}"
            ]),
        Works(
            "arguments and variables that name the image", "image: {repository: example/shop, tag: latest}\n",
            image: plain,
            container: [
                "  args: [\"--image=\(plain.dropFirst().dropLast())\"]", "  env:", "    - name: IMAGE",
                "      value: \(plain)",
            ],
            contains: ["\"--image=\(tagged)\"", "value: \"\(tagged)\""]),
        Works(
            "a chart with the name of its image",
            "web: {image: {repository: other/store, tag: a}}\nx: {image: {repository: b, tag: c}}\n",
            image: "{{ .Values.web.image.repository }}:{{ .Values.web.image.tag }}"),
        Works(
            "explicit values", "picture: {a: x, b: y}\n", image: "{{ .Values.picture.a }}:{{ .Values.picture.b }}",
            explicit: ["picture.a": "{registry}/{path}", "picture.b": "{tag}"]),
        Works(
            "explicit values with the digest", "picture: {a: x, b: y}\n",
            image: "{{ .Values.picture.a }}@sha256:{{ .Values.picture.b }}",
            explicit: ["picture.a": "{repository}", "picture.b": "{hex}"], gives: pinned),
        Works(
            "an explicit reference", "picture: x\n", image: "{{ .Values.picture }}",
            explicit: ["picture": "{reference}"]),
        Works(
            "an explicit empty digest",
            "image: {repository: example/shop, tag: latest, digest: \"\(RenderFixture.otherDigest)\"}\n",
            image: preferred,
            explicit: ["image.repository": "{repository}", "image.tag": "{tag}", "image.digest": ""]),
        Works(
            "an object with the parts of the image", "image: {repository: example/shop, tag: latest}\n",
            image: plain,
            head: """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: settings}
                data: {repository: "{{ .Values.image.repository }}", tag: "{{ .Values.image.tag }}"}
                ---

                """),
        Works(
            "a schema that knows the listed values only", "image: {repository: example/shop, tag: latest}\n",
            image: plain,
            files: [
                "values.schema.json": """
                {"type": "object", "properties": {"image": {"type": "object", "additionalProperties": false,
                "properties": {"repository": {"type": "string"}, "tag": {"type": "string", "maxLength": 128}}}}}
                """
            ]),
    ]

    @Test("are rendered with the tag, and pinned afterwards", arguments: works)
    func renders(_ item: Works) async throws {
        let rendered = try await RenderFixture.renderer.render(item.shape.input())
        let web = try HelmShape.web(rendered)
        let line = try #require(web.split(separator: "\n").first { $0.hasPrefix("          image: ") })
        let image = line.dropFirst("          image: ".count).filter { $0 != "\"" }
        #expect(String(image) == item.image)
        if let found = item.found {
            #expect(rendered.imageValues?.hasPrefix("\(found), from") == true, "\(rendered.imageValues ?? "")")
        }
        for text in item.contains { #expect(web.contains(text), "\(web)") }
    }

    @Test("keep every other byte: comments, quotes, other repositories, and text that is not a reference")
    func bytes() async throws {
        let repository = RenderFixture.repository
        let head = """
            # \(repository):{{ .Values.image.tag }} in a comment
            # é

            """
        let lines = [
            "  # image: \(repository):{{ .Values.image.tag }}",
            "- {name: é, image: 'mirror.example/\(repository):{{ .Values.image.tag }}'}   # x",
            "- {name: c, image: '\(repository):{{ .Values.image.tag }}'}   # \(repository):{{ .Values.image.tag }}",
            "- name: d", "  image: >-", "    \(repository):{{ .Values.image.tag }}", "  args:",
            "    - |  # \(repository):{{ .Values.image.tag }}", "      run \(repository):{{ .Values.image.tag }}, then",
            "      {{ .Values.image.tag }}",
        ]
        let shape = HelmShape(
            testDescription: "bytes", values: "image: {repository: shop, tag: x}\n", image: Self.plain,
            container: lines,
            head: head)
        let input = try shape.input()
        let rendered = try await RenderFixture.renderer.render(input)
        let invocation = try Invocation.plan(input, tool: "helm")
        let raw = try await withTemporaryDirectory { directory in
            for file in invocation.package + invocation.policy {
                try writeFile("\(directory)/\(file.path)", file.content)
            }
            return try await Tool.output(["helm"] + invocation.arguments, in: directory)
        }
        let web = try HelmShape.web(rendered)
        func lines(_ text: String) -> [Substring] { text.split(separator: "\n").filter { $0 != "---" } }
        #expect(lines(web.replacing("@\(RenderFixture.digest)", with: "")) == lines(raw))
        #expect(web.ranges(of: "@\(RenderFixture.digest)").count == 4)
        for text in [
            "# \(repository):\(Self.tag) in a comment", "# image: \(repository):\(Self.tag)\n",
            "}   # \(repository):\(Self.tag)\n",
            "mirror.example/\(repository):\(Self.tag)'", "|  # \(repository):\(Self.tag)\n",
            "run \(repository):\(Self.tag)@\(RenderFixture.digest), then\n",
        ] { #expect(web.contains(text), "\(text)\n\(web)") }
    }

    /// A shape that cannot work: the finding names the template and the value.
    struct Fails: Sendable, CustomTestStringConvertible {
        let shape: HelmShape
        let rule: String
        let names: [String]
        var testDescription: String { shape.testDescription }

        init(
            _ description: String, _ values: String, image: String = HelmShapeTests.plain, container: [String] = [],
            labels: [String] = [], head: String = "", files: [String: String] = [:], explicit: [String: String] = [:],
            rule: String, names: [String]
        ) {
            shape = HelmShape(
                testDescription: description, values: values, image: image, container: container, labels: labels,
                head: head, files: files, explicit: explicit)
            self.rule = rule
            self.names = names
        }
    }

    private static let one = "image: {repository: example/shop, tag: 1.0.0}\n"

    static let fails: [Fails] = [
        Fails(
            "a semantic version in the template", one,
            head: "{{- if semverCompare \">=1.0\" .Values.image.tag }}\n# new\n{{- end }}\n",
            rule: "render.image-value",
            names: ["package/helm/templates/web.yaml:1:", "image.tag=git-"]),
        Fails(
            "a semantic version in a helper", one,
            labels: ["v: {{ include \"v\" . }}"],
            files: [
                "templates/_helpers.tpl":
                    "{{- define \"v\" -}}\n{{- (semver .Values.image.tag).Major -}}\n{{- end -}}\n"
            ],
            rule: "render.image-value", names: ["package/helm/templates/_helpers.tpl:2:", "image.tag=git-"]),
        Fails(
            "a semantic version through a variable", one,
            head: "{{- $v := .Values.image.tag }}\n\n\n\n\n{{- $w := semver $v }}\n", rule: "render.image-value",
            names: ["package/helm/templates/web.yaml:6:", "image.tag=git-"]),
        Fails(
            "a pattern for the tag", one,
            head: "{{- if not (regexMatch \"^v?[0-9]+\" .Values.image.tag) }}{{ fail \"give a version\" }}{{ end }}\n",
            rule: "render.image-value",
            names: ["package/helm/templates/web.yaml:1:", "image.tag=git-", "give a version"]),
        Fails(
            "a schema for the tag", one,
            files: [
                "values.schema.json": """
                {"properties": {"image": {"properties": {"tag": {"type": "string", "pattern": "^[0-9.]+$"}}}}}
                """
            ], rule: "render.image-value", names: ["package/helm/values.schema.json:", "image.tag=git-"]),
        Fails(
            "a letter before the tag", one, image: "{{ .Values.image.repository }}:v{{ .Values.image.tag }}",
            rule: "render.image-digest", names: ["package/helm/templates/web.yaml:14:", ":vgit-", "image.tag"]),
        Fails(
            "the version of the chart", "image: {repository: example/shop}\n",
            image: "{{ .Values.image.repository }}:{{ .Chart.AppVersion }}", rule: "render.image-digest",
            names: ["package/helm/templates/web.yaml:14:", ":1.2.3", ".Chart.AppVersion"]),
        Fails(
            "a literal image", one, image: "example/other:1.0", rule: "render.image-missing",
            names: ["package/helm/templates/web.yaml", "example/other:1.0", "image.tag={tag}"]),
        Fails(
            "several images, none of them the application's",
            "a: {image: {repository: x/a, tag: b}}\nb: {image: {repository: x/b, tag: b}}\n",
            image: "{{ .Values.a.image.repository }}:{{ .Values.a.image.tag }}", rule: "render.image-missing",
            names: ["a.image, b.image", "helm.values"]),
        Fails(
            "a digest in a label", "image: {repository: example/shop, tag: a, digest: \"\"}\n", image: preferred,
            labels: ["version: {{ .Values.image.digest }}"], rule: "render.label",
            names: ["package/helm/templates/web.yaml:7:", "metadata.labels.version", "image.digest"]),
        Fails(
            "a tag in a label that is too long", one,
            labels: ["app.kubernetes.io/version: very-long-prefix-{{ .Values.image.tag }}-x-x"], rule: "render.label",
            names: ["package/helm/templates/web.yaml:7:", "app.kubernetes.io/version", "image.tag"]),
        Fails(
            "values that contradict each other", one,
            explicit: ["image.repository": "{repository}", "image.tag": "latest"],
            rule: "render.image-digest", names: ["package/helm/templates/web.yaml:14:", "image.tag=latest"]),
    ]

    @Test("that cannot work name the template and the value", arguments: fails)
    func refuses(_ item: Fails) async throws {
        let findings = try await RenderFixture.rejection(item.shape.input())
        let finding = try #require(findings.first)
        #expect(findings.allSatisfy { $0.rule == item.rule }, "\(findings)")
        for name in item.names { #expect("\(finding)".contains(name), "\(finding)") }
    }

    @Test("a tag of a SHA-256 repository is too long for a label")
    func longTag() async throws {
        let shape = HelmShape(
            testDescription: "", values: Self.one, image: Self.plain, labels: ["version: {{ .Values.image.tag }}"])
        let input = try shape.input()
        let commit = try CommitID(String(repeating: "ab", count: 32))
        var release = input.release
        release.gitCommit = commit
        release.image.tag = ReleaseIdentity(commit: commit).tag
        let findings = try await RenderFixture.rejection(
            RenderInput(
                release: release, package: input.package, packageDigest: input.packageDigest,
                deployment: input.deployment, policy: input.policy))
        #expect(findings.map(\.rule) == ["render.label"])
    }

    @Test("the values that the capsule records come before those of the configuration, and these before those found")
    func order() async throws {
        let shape = HelmShape(
            testDescription: "", values: "a: x\nb: x\nimage: x/shop:1\n", image: "{{ .Values.a }}",
            explicit: ["b": "{reference}"])
        var release = try shape.input().release
        release.package.values = try HelmValues(["a": "{reference}"])
        let input = try shape.input()
        let rendered = try await RenderFixture.renderer.render(
            RenderInput(
                release: release, package: input.package, packageDigest: input.packageDigest,
                deployment: input.deployment, policy: input.policy, options: input.options))
        #expect(rendered.imageValues == "a={reference}, from release.yaml")
        let findings = try await RenderFixture.rejection(input)
        #expect(findings.map(\.rule) == ["render.image-missing"])
        #expect(findings.first?.remedy.contains("b={reference}, from helm.values of capsule.yaml") == true)
    }

    @Test("two images that need different texts in one value are refused")
    func conflict() async throws {
        var shape = HelmShape(testDescription: "", values: Self.one, image: Self.plain)
        shape.images = ["worker": "registry.example.com/acme/worker"]
        var input = try shape.input()
        input.options.helm.images = ["worker": try HelmValues(["image.repository": "{repository}"])]
        let findings = try await RenderFixture.rejection(input)
        #expect(findings.map(\.rule) == ["render.image-value"])
        #expect(findings.first?.message.contains("image.repository") == true)
    }
}
