import Archive
import CapsuleCore
import CapsuleTestSupport
import OCI
import Support
import Testing

@testable import Rendering

@Suite("Proofs after a render", .timeLimit(.minutes(1)))
struct RenderProofTests {
    static let repository = RenderFixture.repository
    static let pinned = RenderFixture.pinned
    static let tagged = "\(repository):git-\(RenderFixture.commit)@\(RenderFixture.digest)"
    static let other = "\(repository)@\(RenderFixture.otherDigest)"
    static let redis = "docker.io/library/redis"
    static let redisDigest = "sha256:" + String(repeating: "c3", count: 32)

    static func pod(_ spec: String, metadata: String = "name: web, namespace: staging", kind: String = "Pod") -> String
    {
        "apiVersion: v1\nkind: \(kind)\nmetadata: {\(metadata)}\n\(spec)\n"
    }
    static func image(_ text: String) -> String { pod("spec: {containers: [{name: web, image: \"\(text)\"}]}") }
    static let good = image(pinned)
    static func beside(_ yaml: String) -> String { good + "---\n" + yaml }
    static func configMap(_ data: String, metadata: String = "name: text, namespace: staging") -> String {
        beside("apiVersion: v1\nkind: ConfigMap\nmetadata: {\(metadata)}\ndata: {\(data)}\n")
    }

    static func findings(
        _ yaml: String, kind: PackageKind = .kustomize, policy: [String: String] = [:],
        allowClusterScoped: Bool = false,
        allowedNamespaces: Set<String> = [], imageName: String? = "shop"
    ) throws -> [Finding] {
        let images = [
            try ReleaseManifest.Image(
                name: "redis:7.4", repoURL: Repository(redis), tag: Tag("7.4"), digest: Digest(redisDigest)),
            try ReleaseManifest.Image(
                name: "worker", repoURL: Repository("registry.example.com/acme/worker"), tag: Tag("w1"),
                digest: Digest(RenderFixture.otherDigest)),
        ]
        let (items, unreadable) = ManifestStream.read(Array(yaml.utf8), namespace: "staging", limits: RenderLimits())
        #expect(unreadable == [])
        var options = RenderOptions()
        options.allowClusterScoped = allowClusterScoped
        options.allowedNamespaces = allowedNamespaces
        return RenderProofs.check(
            items, release: try RenderFixture.release(kind: kind, imageName: imageName, images: images),
            deployment: try Deployment(name: "staging", envType: "staging", namespace: "staging"), options: options,
            locator: SourceLocator(policy: try RenderFixture.files(policy), package: [], envType: "staging"))
    }

    /// An object whose templates a controller of its own fills in.
    static func template(_ apiVersion: String, _ kind: String, _ image: String) -> String {
        beside(
            "apiVersion: \(apiVersion)\nkind: \(kind)\nmetadata: {name: t, namespace: staging}\n"
                + "spec: {steps: [{name: s, image: \"\(image)\"}]}\n")
    }

    static let names = [
        "mastodon-todo", "todo-app/web:1", "registry.example.com/placeholder-service:v1", "example.com/web:todo-1",
        "example.com/my_change-me.app:1", "example.com/fixme2:1", "todo.example.com/web:1",
    ]
    static let templates = [
        template("argoproj.io/v1alpha1", "WorkflowTemplate", "{{inputs.parameters.image}}"),
        template("argoproj.io/v1alpha1", "WorkflowTemplate", "example.com/{{ workflow.parameters.name }}:{{=1}}"),
        template("tekton.dev/v1", "Task", "$(params.image)"),
        template("tekton.dev/v1", "Task", "example.com/$(params.name):$(params.tag)"),
        template("kargo.akuity.io/v1alpha1", "Stage", "${{ vars.image }}"),
        template("kargo.akuity.io/v1alpha1", "Stage", "${% vars.image %}"),
    ]

    static let accepted: [String] =
        names.map(second) + templates + [
            good, image(tagged),
            pod("spec: {initContainers: [{name: a, image: '\(pinned)'}], containers: [{name: b, image: busybox}]}"),
            // A repository whose name only begins or ends like ours.
            beside(
                pod(
                    "spec: {containers: [{name: b, image: '\(repository)-tools:v1'}]}",
                    metadata: "name: b, namespace: staging")),
            beside(
                pod(
                    "spec: {containers: [{name: b, image: 'mirror.example/\(repository):v1'}]}",
                    metadata: "name: b, namespace: staging")),
            configMap("text: 'see https://\(repository):8080/x'"),
            configMap("text: 'my-\(repository):v1 and my.\(repository):v1'"),
            configMap("text: '\(repository): the image of the shop'"),
            configMap("text: 'uses \(pinned).'").replacing(".'", with: " now'"),
            configMap("image: 'shop'"),
            configMap("a: b", metadata: "name: text, namespace: staging, labels: {image: shop}"),
            beside(
                pod(
                    "spec: {containers: [{name: r, image: '\(redis)@\(redisDigest)'}]}",
                    metadata: "name: b, namespace: staging")),
            beside(
                pod(
                    "spec: {containers: [{name: r, image: 'redis:7.4@\(redisDigest)'}]}",
                    metadata: "name: b, namespace: staging")),
            beside(
                pod(
                    "spec: {containers: [{name: r, image: 'docker.io/bitnami/redis:7'}]}",
                    metadata: "name: b, namespace: staging")),
            beside(
                pod(
                    "spec: {containers: [{name: r, image: 'example.com/placeholder@\(redisDigest)'}]}",
                    metadata: "name: b, namespace: staging")),
        ]

    @Test("accept what runs the promoted digest", arguments: accepted)
    func accepts(yaml: String) throws {
        #expect(try Self.findings(yaml) == [])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let yaml: String
        let rule: String
        let says: String

        init(_ name: String, _ yaml: String, _ rule: String, _ says: String) {
            (testDescription, self.yaml, self.rule, self.says) = (name, yaml, rule, says)
        }
    }

    static func second(_ image: String) -> String {
        beside(pod("spec: {containers: [{name: b, image: \"\(image)\"}]}", metadata: "name: b, namespace: staging"))
    }

    static let refused: [Case] = [
        Case(
            "another digest", image(other), "render.image-digest", "spec.containers[web].image refers to \"\(other)\""),
        Case(
            "a tag", image("\(repository):v1"), "render.image-digest",
            "not to the promoted digest \(RenderFixture.digest)"),
        Case(
            "the release's tag alone", image("\(repository):git-\(RenderFixture.commit)"), "render.image-digest",
            "refers to"),
        Case("no tag at all", image(repository), "render.image-digest", "refers to"),
        Case(
            "another tag with the digest", image("\(repository):v1@\(RenderFixture.digest)"), "render.image-digest",
            ":v1@"),
        Case("the host in upper case", image("REGISTRY.example.com/acme/shop:v1"), "render.image-digest", "REGISTRY"),
        Case("the default port", image("registry.example.com:443/acme/shop:v1"), "render.image-digest", ":443"),
        Case("one wrong next to the right one", second("\(repository):v1"), "render.image-digest", "Pod staging/b"),
        Case(
            "an init container",
            beside(
                pod(
                    "spec: {initContainers: [{name: i, image: '\(repository):v1'}]}",
                    metadata: "name: b, namespace: staging")), "render.image-digest", "spec.initContainers[i].image"),
        Case(
            "an ephemeral container",
            beside(
                pod(
                    "spec: {ephemeralContainers: [{name: e, image: '\(repository):v1'}]}",
                    metadata: "name: b, namespace: staging")), "render.image-digest",
            "spec.ephemeralContainers[e].image"),
        Case(
            "an image volume",
            beside(
                pod(
                    "spec: {volumes: [{name: v, image: {reference: '\(repository):v1'}}]}",
                    metadata: "name: b, namespace: staging")), "render.image-digest", "spec.volumes[v].image.reference"),
        Case(
            "an argument",
            beside(
                pod(
                    "spec: {containers: [{name: b, image: busybox, args: ['--image=\(repository):v1']}]}",
                    metadata: "name: b, namespace: staging")), "render.image-digest",
            "spec.containers[b].args[0] refers to \"\(repository):v1\""),
        Case(
            "an environment variable",
            beside(
                pod(
                    "spec: {containers: [{name: b, image: busybox, env: [{name: IMAGE, value: '\(repository)'}]}]}",
                    metadata: "name: b, namespace: staging")), "render.image-digest", "env[IMAGE].value"),
        Case("a transport", configMap("text: 'docker://\(repository):v1'"), "render.image-digest", "data.text"),
        Case(
            "the middle of a text", configMap("text: \"a\\nimage: \(repository):v1\\nb\""), "render.image-digest",
            "\"\(repository):v1\""),
        Case("a key", configMap("'\(repository):v1': x"), "render.image-digest", "data[\"\(repository):v1\"]"),
        Case(
            "an annotation",
            configMap("a: b", metadata: "name: text, namespace: staging, annotations: {from: '\(repository):v1'}"),
            "render.image-digest", "metadata.annotations.from"),
        Case(
            "a custom resource",
            beside(
                "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: s, namespace: staging}\nspec: {sidecarImage: '\(repository):v1'}\n"
            ), "render.image-digest", "spec.sidecarImage"),
        Case("a pinned third party by tag", second("redis:7.4"), "render.image-digest", "redis:7.4"),
        Case(
            "a pinned third party by another spelling", second("index.docker.io/library/redis:7.4"),
            "render.image-digest", "not to the promoted digest \(redisDigest)"),
        Case(
            "a pinned third party at another digest", second("\(redis)@\(RenderFixture.otherDigest)"),
            "render.image-digest", "redis"),
        Case(
            "no reference at all", image("busybox:1"), "render.image-missing",
            "no rendered object refers to the application image \(pinned)"),
        Case("the placeholder", second("shop"), "render.placeholder", "the package's name \"shop\" was not replaced"),
        Case("the placeholder with a tag", second("shop:latest"), "render.placeholder", "\"shop:latest\""),
        Case("the placeholder of another image", second("worker:dev"), "render.placeholder", "\"worker\""),
        Case("a leftover", second("example.com/sidecar:replace-me"), "render.leftover", "\"replace-me\""),
        Case("a leftover in capitals", second("example.com/sidecar:CHANGEME"), "render.leftover", "\"changeme\""),
        Case("a template that nothing filled in", second("example.com/{{ image }}"), "render.leftover", "\"{{\""),
        Case(
            "a word that is a whole segment", second("example.com/CHANGEME/sidecar:1"), "render.leftover",
            "\"changeme\""),
        Case("a word that is the whole name", second("todo"), "render.leftover", "\"todo\""),
        Case(
            "a word next to a template", template("tekton.dev/v1", "Task", "example.com/$(params.name):replace-me"),
            "render.leftover", "\"replace-me\""),
        Case(
            "half a template", template("tekton.dev/v1", "Task", "example.com/$(params.name"), "render.leftover",
            "\"$(\""),
        Case("a shell variable", second("example.com/sidecar:${TAG}"), "render.leftover", "\"${\""),
        Case(
            "another namespace", beside(pod("spec: {}", metadata: "name: b, namespace: production")),
            "render.namespace",
            "Pod production/b: metadata.namespace is \"production\", and deployment staging writes to staging"),
        Case(
            "another namespace of a custom resource",
            beside("apiVersion: acme.example/v1\nkind: Shop\nmetadata: {name: s, namespace: kube-system}\n"),
            "render.namespace", "kube-system"),
        Case(
            "no namespace", beside(pod("spec: {}", metadata: "name: b")), "render.namespace",
            "metadata.namespace is missing"),
        Case(
            "a ClusterRole",
            beside("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: all}\n"),
            "render.cluster-scope", "ClusterRole all"),
        Case(
            "a ClusterRole that pretends to have a namespace",
            beside(
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: all, namespace: staging}\n"
            ), "render.cluster-scope", "ClusterRole"),
        Case(
            "a Namespace", beside("apiVersion: v1\nkind: Namespace\nmetadata: {name: staging}\n"),
            "render.cluster-scope", "Namespace staging"),
        Case(
            "a custom resource without a namespace",
            beside("apiVersion: acme.example/v1\nkind: Shop\nmetadata: {name: s}\n"), "render.cluster-scope", "Shop s"),
        Case(
            "one object in two API versions",
            beside(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: staging}\n---\napiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: d, namespace: staging}\n"
            ), "render.duplicate", "is in apps_v1_deployment_d.yaml as well"),
        Case(
            "a merge key", pod("x: &x {image: '\(pinned)'}\nspec: {containers: [{name: web, <<: *x}]}"),
            "render.merge-key", "YAML merge key"),
    ]

    @Test("refuse everything else, with object, field and rule", arguments: refused)
    func refuses(_ item: Case) throws {
        let findings = try Self.findings(item.yaml)
        #expect(findings.count == 1, "\(findings)")
        #expect(findings.first?.rule == item.rule)
        #expect(findings.first?.severity == .error)
        #expect(findings.first?.message.contains(item.says) == true, "\(findings)")
    }

    @Test("allow other namespaces and cluster scope when they are told so")
    func allowances() throws {
        let elsewhere = Self.beside(Self.pod("spec: {}", metadata: "name: b, namespace: shared"))
        #expect(try Self.findings(elsewhere, allowedNamespaces: ["shared"]) == [])
        #expect(try Self.findings(elsewhere, allowClusterScoped: true).map(\.rule) == ["render.namespace"])
        let role = Self.beside("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: all}\n")
        #expect(try Self.findings(role, allowClusterScoped: true) == [])
        #expect(try Self.findings(role, allowedNamespaces: ["all"]).map(\.rule) == ["render.cluster-scope"])
    }

    @Test("let helm leave out the namespace of what always has one, and of nothing else")
    func helmNamespaces() throws {
        let pod = Self.beside(Self.pod("spec: {}", metadata: "name: b"))
        #expect(try Self.findings(pod, kind: .helm) == [])
        let custom = Self.beside("apiVersion: acme.example/v1\nkind: Shop\nmetadata: {name: s}\n")
        let finding = try #require(try Self.findings(custom, kind: .helm).first)
        #expect(finding.rule == "render.cluster-scope")
        #expect(finding.remedy.contains("`namespaced: [acme.example/Shop]`"))
    }

    @Test("cannot be made to print lines of their own")
    func hostileNames() throws {
        let yaml = Self.beside(
            Self.pod(
                "spec: {containers: [{name: \"a\\n# b\", \"x\\ny\": {image: '\(Self.repository):v1'}}]}",
                metadata: "name: b, namespace: staging"))
        let finding = try #require(try Self.findings(yaml).first)
        #expect(!finding.description.contains("\n"))
        #expect(finding.message.contains("spec.containers[\"a\\u{a}# b\"][\"x\\u{a}y\"].image"), "\(finding)")
    }

    @Test("never quote what a Secret holds")
    func secrets() throws {
        let secret = Self.beside(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: staging}\n"
                + "stringData: {config: \"password: hunter2\\nimage: \(Self.repository):v1\"}\n")
        let findings = try Self.findings(secret)
        #expect(findings.map(\.rule) == ["render.image-digest"])
        #expect(!"\(findings)".contains("hunter2"))
    }

    @Test("blame the deployment's own policy first, and no comment")
    func blame() throws {
        let policy = [
            "envTypes/production/patch.yaml": "image: \(Self.repository):v1\n",
            "envTypes/staging/patch.yaml": "# image: \(Self.repository):v1\nkind: X\nimage: \(Self.repository):v1\n",
        ]
        let finding = try #require(try Self.findings(Self.image("\(Self.repository):v1"), policy: policy).first)
        #expect(finding.file == "envTypes/staging/patch.yaml")
        #expect(finding.line == 3)
        // An `images` transformer writes the tag on its own.
        let transformer = ["envTypes/staging/kustomization.yaml": "images:\n  - name: shop\n    newTag: wrong-tag\n"]
        let tag = try #require(try Self.findings(Self.image("\(Self.repository):wrong-tag"), policy: transformer).first)
        #expect(tag.line == 3)
        let unknown = try #require(try Self.findings(Self.image("\(Self.repository):v1")).first)
        #expect(unknown.file == "v1_pod_web.yaml")
    }

    @Test("stop after a hundred findings")
    func many() throws {
        let yaml = (0..<500).map { index in
            Self.pod(
                "spec: {containers: [{name: b, image: '\(Self.repository):v1'}]}",
                metadata: "name: b\(index), namespace: staging")
        }.joined(separator: "---\n")
        #expect(try Self.findings(yaml).count == RenderProofs.findingLimit)
    }

    @Test("can be run again on manifests from elsewhere")
    func publicFace() throws {
        let policy = PolicyTree(
            repository: "gitops", commit: try CommitID(RenderFixture.commit),
            files: try RenderFixture.files(["envTypes/staging/p.yaml": "image: \(Self.repository):v1\n"]))
        let deployment = try Deployment(name: "staging", envType: "staging", namespace: "staging")
        func check(_ yaml: String) throws -> [Finding] {
            let files = try RenderFixture.files(["v1_pod_web.yaml": yaml])
            let rendered = RenderedManifests(
                files: files, renderer: RendererIdentity(name: "kustomize", version: "v5.5.0"), objects: [],
                isolated: nil)
            return RenderProofs.check(
                rendered, release: try RenderFixture.release(), deployment: deployment, policy: policy,
                allowClusterScoped: false)
        }
        #expect(try check(Self.good) == [])
        let finding = try #require(try check(Self.image("\(Self.repository):v1")).first)
        #expect(finding.file == "envTypes/staging/p.yaml")
        #expect(try check("").map(\.rule) == ["render.empty"])
    }
}

@Suite("Image references")
struct ImageReferenceTests {
    @Test(
        "know the repository behind every spelling",
        arguments: [
            ("redis", "docker.io/library/redis"), ("redis:7", "docker.io/library/redis"),
            ("bitnami/redis", "docker.io/bitnami/redis"), ("docker.io/redis", "docker.io/library/redis"),
            ("index.docker.io/library/redis@sha256:ab", "docker.io/library/redis"),
            ("GHCR.io/x/y:Tag", "ghcr.io/x/y"), ("ghcr.io:443/x/y", "ghcr.io/x/y"), ("localhost/x", "localhost/x"),
            ("localhost:5000/x:1", "localhost:5000/x"), ("h:5000/x/y", "h:5000/x/y"), ("", "docker.io/library/"),
        ])
    func repositories(text: String, repository: String) {
        #expect(ImageReference(text).repository == repository)
    }
}
