import CapsuleCore
import CapsuleTestSupport
import GitOps
import OCI
import Support
import Testing

@testable import Rendering

@Suite("Shapes of Kustomize trees", .needs("git", "kubectl"), .timeLimit(.minutes(3)))
struct KustomizeShapeTests {
    /// A shape that renders, and what its output contains.
    struct Works: Sendable, CustomTestStringConvertible {
        var shape: KustomizeShape
        var contains: [String]
        var warnings: [String]
        var testDescription: String { shape.testDescription }

        init(
            _ description: String, source: String = ".", entry: String = "base", include: [String]? = nil,
            image: String = "shop", cluster: Bool = false, namespaced: [String] = [], contains: [String] = [],
            warnings: [String] = [], _ files: [String: String]...
        ) {
            shape = KustomizeShape(
                testDescription: description, source: source, entry: entry, include: include,
                files: files.reduce(into: [:]) { $0.merge($1) { $1 } }, imageName: image, allowClusterScoped: cluster,
                namespaced: namespaced)
            self.contains = contains
            self.warnings = warnings
        }
    }

    private static let web = KustomizeShape.web()
    private static func web(_ more: String, resources: String = "") -> [String: String] {
        KustomizeShape.web("base", more, resources: resources)
    }
    private static let overlay = [
        "overlays/production/kustomization.yaml": "resources: [../../base]\nnamePrefix: production-\n"
    ]
    private static func map(_ name: String, _ data: String = "a: b") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\ndata: {\(data)}\n"
    }
    private static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: shops.acme.example}
        spec:
          group: acme.example
          scope: Namespaced
          names: {kind: Shop, plural: shops}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]

        """
    private static let resource =
        "apiVersion: acme.example/v1\nkind: Shop\nmetadata: {name: main}\nspec: {deployment: web}\n"
    private static let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"

    static let works: [Works] = [
        Works("a base and overlays", web, overlay),
        Works(
            "components", contains: ["scrape: \"true\""], web("components: [../components/metrics]\n"),
            ["components/metrics/kustomization.yaml": component + "commonAnnotations: {scrape: \"true\"}\n"]),
        Works(
            "a flat tree at the top", entry: ".", KustomizeShape.web("."), ["README.md": "x\n", "src/main.go": "x\n"]),
        Works(
            "a flat tree with other trees in it", entry: ".",
            KustomizeShape.web(".", resources: "  - monitoring\n"),
            [
                "monitoring/kustomization.yaml": "resources: [map.yaml]\n", "monitoring/map.yaml": map("rules"),
                "environments/production/kustomization.yaml": "resources: [\"https://example.com/x.yaml\"]\n",
            ]),
        Works(
            "a flat tree in a directory next to overlays", source: "deploy", entry: ".",
            KustomizeShape.web("deploy"), ["deploy/overlays/a/kustomization.yaml": "resources: [gone.yaml]\n"]),
        Works(
            "the layout of kubebuilder", source: "config", entry: "default", cluster: true,
            contains: ["name: shop-web", "namespace: staging"],
            [
                "config/default/kustomization.yaml":
                    "namespace: shop-system\nnamePrefix: shop-\nresources: [../crd, ../rbac, ../manager]\n"
                    + "patches:\n  - path: args.yaml\n    target: {kind: Deployment}\n",
                "config/default/args.yaml":
                    "- op: add\n  path: /spec/template/spec/containers/0/args\n  value: [--leader-elect]\n",
                "config/crd/kustomization.yaml": "resources: [bases/shops.yaml]\n",
                "config/crd/bases/shops.yaml": definition,
                "config/rbac/kustomization.yaml": "resources: [role.yaml, account.yaml, binding.yaml]\n",
                "config/rbac/role.yaml":
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: manager}\nrules: []\n",
                "config/rbac/account.yaml":
                    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: manager, namespace: system}\n",
                "config/rbac/binding.yaml":
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: manager}\n"
                    + "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: manager}\n"
                    + "subjects: [{kind: ServiceAccount, name: manager, namespace: system}]\n",
                "config/manager/kustomization.yaml":
                    "resources: [web.yaml]\nimages: [{name: controller, newName: shop}]\n",
                "config/manager/web.yaml": KustomizeShape.workload("controller:latest"),
                "config/samples/kustomization.yaml": "resources: [sample.yaml]\n",
            ]),
        Works(
            "several namespaces", contains: ["namespace: staging"],
            web("", resources: "  - other.yaml\n"),
            ["base/other.yaml": map("one").replacing("name: one", with: "name: one, namespace: elsewhere")]),
        Works(
            "a custom resource with its definition", cluster: true, web("", resources: "  - crd.yaml\n  - shop.yaml\n"),
            ["base/crd.yaml": definition, "base/shop.yaml": resource]),
        Works(
            "a custom resource whose scope is configured", namespaced: ["acme.example/Shop"],
            web("", resources: "  - shop.yaml\n"), ["base/shop.yaml": resource]),
        Works(
            "kustomizations that nothing refers to in an included directory",
            warnings: ["package.missing-file", "package.remote-reference"], web,
            [
                "base/old/kustomization.yaml": "resources: [gone.yaml]\n",
                "base/more/kustomization.yaml": "resources: [\"https://example.com/x.yaml\"]\n",
            ]),
        Works(
            "replacements, in the kustomization and in a file", contains: ["host: web"],
            web(
                "replacements:\n  - path: host.yaml\n  - source: {kind: ConfigMap, name: sizes, fieldPath: data.replicas}\n"
                    + "    targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]\n",
                resources: "  - sizes.yaml\n  - service.yaml\n"),
            [
                "base/sizes.yaml": map("sizes", "replicas: \"3\", host: x"),
                "base/service.yaml": KustomizeShape.service,
                "base/host.yaml": "source: {kind: Service, name: web, fieldPath: metadata.name}\n"
                    + "targets: [{select: {kind: ConfigMap, name: sizes}, fieldPaths: [data.host]}]\n",
            ]),
        Works(
            "generators with files and literals",
            contains: ["name: settings-", "name: tls-", "type: kubernetes.io/tls"],
            web(
                """
                configMapGenerator:
                  - {name: settings, files: [app.ini, renamed.txt=other.txt], literals: [a=b]}
                secretGenerator:
                  - {name: tls, type: kubernetes.io/tls, files: [tls.crt, tls.key]}
                """),
            ["base/app.ini": "x=1\n", "base/other.txt": "y\n", "base/tls.crt": "c\n", "base/tls.key": "k\n"]),
        Works(
            "a generator of a file with control characters",
            web("configMapGenerator: [{name: logo, files: [logo.bin]}]\n"), ["base/logo.bin": "\u{0}\u{1}\u{FFFD}"]),
        Works(
            "generators with environment files, merged by the directory that contains them", entry: "app",
            include: ["app", "base"],
            contains: ["COLOR: red", "SIZE: large"],
            web("configMapGenerator: [{name: settings, envs: [base.env], env: more.env}]\n"),
            [
                "base/base.env": "COLOR=blue\nSHAPE=round\n", "base/more.env": "X=1\n",
                "app/kustomization.yaml":
                    "resources: [../base]\ngeneratorOptions: {disableNameSuffixHash: true, labels: {generated: \"yes\"}}\n"
                    + "configMapGenerator: [{name: settings, behavior: merge, envs: [app.env], literals: [SIZE=large]}]\n",
                "app/app.env": "COLOR=red\n",
            ]),
        Works(
            "patches, in the kustomization and in files, with options",
            contains: ["replicas: 4", "kind: StatefulSet", "team: shop"],
            web(
                """
                patches:
                  - path: size.yaml
                  - path: labels.json
                    target: {kind: Deployment, labelSelector: "!none"}
                  - target: {kind: Deployment, name: db}
                    options: {allowKindChange: true, allowNameChange: true}
                    patch: |-
                      - {op: replace, path: /kind, value: StatefulSet}
                  - patch: |
                      apiVersion: v1
                      kind: ConfigMap
                      metadata: {name: old}
                      $patch: delete

                """, resources: "  - db.yaml\n  - old.yaml\n"),
            [
                "base/db.yaml": KustomizeShape.workload("postgres@\(RenderFixture.otherDigest)").replacing(
                    "name: web", with: "name: db"),
                "base/old.yaml": map("old"),
                "base/size.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 4}\n",
                "base/labels.json":
                    "[{\"op\": \"add\", \"path\": \"/metadata/annotations\", \"value\": {\"team\": \"shop\"}}]",
            ]),
        Works(
            "patchesStrategicMerge and patchesJson6902", contains: ["replicas: 4", "a: c"],
            web(
                """
                patchesStrategicMerge:
                  - size.yaml
                  - |-
                    apiVersion: v1
                    kind: ConfigMap
                    metadata: {name: old}
                    data: {a: c}
                patchesJson6902:
                  - target: {version: v1, kind: Service, name: web}
                    path: port.yaml
                  - target: {version: v1, kind: Service, name: web}
                    patch: '[{"op": "add", "path": "/spec/type", "value": "NodePort"}]'

                """, resources: "  - old.yaml\n  - service.yaml\n"),
            [
                "base/old.yaml": map("old"), "base/service.yaml": KustomizeShape.service,
                "base/size.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 4}\n",
                "base/port.yaml": "- {op: replace, path: /spec/ports/0/port, value: 8080}\n",
            ]),
        Works(
            "bases, as in old versions", entry: "app", include: ["app", "base"], web,
            ["app/kustomization.yaml": "bases: [../base]\n"]),
        Works(
            "vars", contains: ["value: web.staging"],
            web(
                "vars:\n  - name: HOST\n    objref: {apiVersion: v1, kind: Service, name: web}\n"
                    + "  - name: SPACE\n    objref: {apiVersion: v1, kind: Service, name: web}\n"
                    + "    fieldref: {fieldpath: metadata.namespace}\n",
                resources: "  - service.yaml\n"),
            [
                "base/service.yaml": KustomizeShape.service,
                "base/web.yaml": KustomizeShape.workload(
                    more: "          env: [{name: HOST, value: $(HOST).$(SPACE)}]\n"),
            ]),
        Works(
            "images with a new name, a new tag and a digest", image: "registry.example.com/acme/other",
            contains: ["image: redis@\(RenderFixture.otherDigest)"],
            web(
                """
                images:
                  - {name: shop, newName: registry.example.com/acme/other, newTag: v2}
                  - {name: cache, newName: redis, digest: "\(RenderFixture.otherDigest)"}
                """),
            ["base/web.yaml": KustomizeShape.workload(more: "        - {name: cache, image: \"cache:1\"}\n")]),
        Works(
            "commonLabels", contains: ["      part: shop\n"], web("commonLabels: {part: shop}\n")),
        Works(
            "labels with and without selectors", contains: ["team: shop"],
            web(
                "labels:\n  - pairs: {team: shop}\n  - {pairs: {part: shop}, includeSelectors: true}\n"
                    + "  - {pairs: {tier: web}, includeTemplates: true}\n")),
        Works(
            "a prefix, a suffix, annotations and replicas", contains: ["name: a-web-z", "replicas: 5", "owner: shop"],
            web(
                "namePrefix: a-\nnameSuffix: -z\ncommonAnnotations: {owner: shop}\nreplicas: [{name: web, count: 5}]\n",
                resources: "  - service.yaml\n"), ["base/service.yaml": KustomizeShape.service]),
        Works(
            "a schema and definitions of custom resources", cluster: true,
            web(
                "openapi: {path: schema.json}\ncrds: [types.json]\nconfigurations: [names.yaml]\n",
                resources: "  - crd.yaml\n  - shop.yaml\n"),
            [
                "base/crd.yaml": definition, "base/shop.yaml": resource,
                "base/schema.json": "{\"definitions\": {}}", "base/types.json": "{}",
                "base/names.yaml":
                    "nameReference:\n  - kind: Deployment\n    fieldSpecs: [{path: spec/deployment, kind: Shop}]\n",
            ]),
        Works(
            "metadata of the build, which only the outermost kustomization can add",
            web("buildMetadata: [originAnnotations, managedByLabel, transformerAnnotations]\n")),
        Works(
            "a list of objects", contains: ["kind: ConfigMap"], web("", resources: "  - list.yaml\n"),
            [
                "base/list.yaml": "apiVersion: v1\nkind: List\nitems:\n"
                    + "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n"
                    + "  - {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}\n"
            ]),
        Works(
            "several documents with comments and empty ones",
            web("", resources: "  - more.yaml\n"),
            [
                "base/more.yaml":
                    "# Licensed to all\n---\n# nothing\n---\n\(map("one"))---\n---\n# end\n\(map("two"))...\n"
            ]),
        Works(
            "JSON, and lines that end as on Windows", web("", resources: "  - map.json\n  - dos.yaml\n"),
            [
                "base/map.json": "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"one\"}}",
                "base/dos.yaml": map("two").replacing("\n", with: "\r\n"),
            ]),
        Works(
            "anchors in manifests", contains: ["b: same"], web("", resources: "  - map.yaml\n"),
            ["base/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: &x same, b: *x}\n"]),
        Works(
            "file names with blanks, other letters and marks",
            web("", resources: "  - \"the map.yaml\"\n  - größe.yaml\n  - \"a+b (1).yaml\"\n"),
            ["base/the map.yaml": map("one"), "base/größe.yaml": map("two"), "base/a+b (1).yaml": map("three")]),
        Works(
            "kustomization.yml and Kustomization", entry: "app", include: ["app", "base"],
            [
                "app/Kustomization": "resources: [../base]\n", "base/kustomization.yml": "resources: [web.yaml]\n",
                "base/web.yaml": KustomizeShape.workload(),
            ]),
        Works(
            "directories above and next to it, several times", entry: "app/web", include: ["app", "base", "lib"],
            [
                "app/web/kustomization.yaml": "resources: [../../base, ../common, ./../../lib/maps/]\n",
                "app/common/kustomization.yaml": "resources: [one.yaml]\n", "app/common/one.yaml": map("one"),
                "lib/maps/kustomization.yaml": "resources: [two.yaml]\n", "lib/maps/two.yaml": map("two"),
            ], web),
        Works(
            "names with a hash, and the references to them", contains: ["name: settings-", "secretName: keys-"],
            web(
                "configMapGenerator: [{name: settings, literals: [a=b]}]\nsecretGenerator: [{name: keys, literals: [k=v]}]\n"
            ),
            [
                "base/web.yaml": KustomizeShape.workload(
                    more: "          envFrom: [{configMapRef: {name: settings}}]\n"
                        + "      volumes: [{name: k, secret: {secretName: keys}}]\n")
            ]),
        Works(
            "templates that controllers fill in", namespaced: ["argoproj.io/Workflow", "tekton.dev/Task"],
            contains: ["{{inputs.parameters.image}}", "$(params.image)"],
            web("", resources: "  - workflow.yaml\n  - task.yaml\n"),
            [
                "base/workflow.yaml": """
                apiVersion: argoproj.io/v1alpha1
                kind: Workflow
                metadata: {name: build}
                spec:
                  templates: [{name: a, container: {image: "{{inputs.parameters.image}}", args: ["{{workflow.name}}"]}}]

                """,
                "base/task.yaml": """
                apiVersion: tekton.dev/v1
                kind: Task
                metadata: {name: test}
                spec: {steps: [{name: a, image: "$(params.image)", script: "echo $(workspaces.source.path)"}]}

                """,
            ]),
        Works(
            "names that contain a word of placeholders", image: "mastodon-todo",
            contains: ["image: acme/todo-mvc@\(RenderFixture.otherDigest)"],
            [
                "base/kustomization.yaml": "resources: [web.yaml, todo.yaml]\n",
                "base/web.yaml": KustomizeShape.workload("mastodon-todo:v4"),
                "base/todo.yaml": KustomizeShape.workload("acme/todo-mvc@\(RenderFixture.otherDigest)").replacing(
                    "name: web", with: "name: changeme-service"),
            ]),
        Works(
            "generators and transformers that are built in", contains: ["name: pre-web", "generated: \"yes\""],
            web("generators: [generator.yaml]\ntransformers: [transformers]\n"),
            [
                "base/generator.yaml":
                    "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nliterals: [a=b]\n",
                "base/transformers/kustomization.yaml": "resources: [prefix.yaml, annotations.yaml]\n",
                "base/transformers/prefix.yaml":
                    "apiVersion: builtin\nkind: PrefixSuffixTransformer\nmetadata: {name: p}\nprefix: pre-\n"
                    + "fieldSpecs: [{path: metadata/name}]\n",
                "base/transformers/annotations.yaml":
                    "apiVersion: builtin\nkind: AnnotationsTransformer\nmetadata: {name: a}\nannotations: {generated: \"yes\"}\n"
                    + "fieldSpecs: [{path: metadata/annotations, create: true}]\n",
            ]),
        Works(
            "images of every kind of container", image: "registry.example.com/acme/shop",
            contains: ["schedule:"],
            [
                "base/kustomization.yaml": "resources: [job.yaml]\nsortOptions: {order: fifo}\n",
                "base/job.yaml": """
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: nightly}
                spec:
                  schedule: "0 1 * * *"
                  jobTemplate:
                    spec:
                      template:
                        spec:
                          restartPolicy: Never
                          initContainers: [{name: a, image: "registry.example.com/acme/shop:1"}]
                          containers: [{name: b, image: "registry.example.com/acme/shop"}]

                """,
            ]),
    ]

    @Test("are rendered as by hand with the namespace and the image set", arguments: works)
    func renders(_ item: Works) async throws {
        try await withTemporaryDirectory { directory in
            let built = try await item.shape.build(in: "\(directory)/app")
            #expect(Set(built.warnings).subtracting(["package.floating-image"]).sorted() == item.warnings)
            let rendered = try await item.shape.render(built)
            let files = Dictionary(
                uniqueKeysWithValues: rendered.files.map {
                    ($0.path.description, String(decoding: $0.content, as: UTF8.self))
                })
            let expected = try await item.shape.renderByHand(in: directory).get()
            #expect(files == expected)
            let output = files.sorted { $0.key < $1.key }.map(\.value).joined(separator: "---\n")
            #expect(output.contains("\(RenderFixture.repository)@\(RenderFixture.digest)"), "\(output)")
            for text in item.contains { #expect(output.contains(text), "\(text) in \(output)") }
        }
    }
}

extension KustomizeShapeTests {
    /// A shape that no render can be proven of: the rule, or the start of the message, and words of it.
    struct Fails: Sendable, CustomTestStringConvertible {
        var shape: KustomizeShape
        var rule: String
        var words: [String]
        var testDescription: String { shape.testDescription }

        init(
            _ description: String, rule: String, words: [String], entry: String = "base", links: [String: String] = [:],
            _ files: [String: String]...
        ) {
            shape = KustomizeShape(
                testDescription: description, entry: entry, files: files.reduce(into: [:]) { $0.merge($1) { $1 } },
                links: links)
            self.rule = rule
            self.words = words
        }
    }

    private static let pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "a", count: 64))\nsize 12\n"

    static let fails: [Fails] = [
        Fails(
            "charts that kustomize inflates", rule: "package.plugin",
            words: ["base/kustomization.yaml:3", "helm package"],
            web("helmCharts:\n  - {name: redis, repo: https://charts.example.com, version: 1.0.0}\n")),
        Fails(
            "a chart that a generator inflates", rule: "package.plugin", words: ["base/chart.yaml", "helm"],
            web("generators: [chart.yaml]\n"),
            [
                "base/chart.yaml":
                    "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: r}\nname: redis\n"
            ]),
        Fails(
            "a resource at a web address", rule: "package.remote-reference",
            words: ["base/kustomization.yaml:3", "copy what it names into the package"],
            web("", resources: "  - https://raw.githubusercontent.com/acme/x/main/y.yaml\n")),
        Fails(
            "a resource in another repository", rule: "package.remote-reference",
            words: ["base/kustomization.yaml:3", "GitHub"],
            web("", resources: "  - github.com/acme/x//deploy?ref=v1\n")),
        Fails(
            "a function of a container", rule: "package.plugin", words: ["base/kustomization.yaml", "container"],
            web(
                """
                transformers:
                  - |-
                    apiVersion: example.com/v1
                    kind: Label
                    metadata:
                      name: a
                      annotations: {config.kubernetes.io/function: "container: {image: example/fn}"}

                """)),
        Fails(
            "a custom resource of unknown scope", rule: "render.cluster-scope", words: ["Shop", "namespaced"],
            web("", resources: "  - shop.yaml\n"), ["base/shop.yaml": resource]),
        Fails(
            "an object of the whole cluster", rule: "render.cluster-scope", words: ["ClusterRole"],
            web("", resources: "  - role.yaml\n"),
            [
                "base/role.yaml":
                    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: []\n"
            ]),
        Fails(
            "a file in Git LFS whose content the clone lacks", rule: "git-unusable-tree",
            words: ["\"base/logo.png\"", "git lfs fetch"],
            web("configMapGenerator: [{name: logo, files: [logo.png]}]\n"), ["base/logo.png": pointer]),
        Fails(
            "a link inside the tree", rule: "git-unusable-tree", words: ["\"base/link.yaml\"", "symlink"],
            links: ["base/link.yaml": "web.yaml"], web),
        Fails(
            "a link to a place outside", rule: "git-unusable-tree", words: ["\"base/link\"", "symlink"],
            links: ["base/link": "../../etc"], web),
        Fails(
            "a Component as the entry", rule: "package.layout", words: ["base/kustomization.yaml", "Component"],
            web(component)),
        Fails(
            "an entry without a kustomization", rule: "package.layout", words: ["kustomization.yaml"],
            ["base/web.yaml": KustomizeShape.workload()]),
        Fails(
            "a file above the kustomization", rule: "package.missing-file", words: ["base/kustomization.yaml:3"],
            web("", resources: "  - ../common.yaml\n"), ["common.yaml": service]),
        Fails(
            "two objects of one name", rule: "render.failed",
            words: ["may not add resource with an already registered id"],
            web("", resources: "  - again.yaml\n"), ["base/again.yaml": KustomizeShape.workload()]),
        Fails(
            "a package without the application image", rule: "package.image-name", words: ["shop"],
            ["base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": KustomizeShape.workload("other")]),
        Fails(
            "a leftover instead of an image", rule: "render.", words: ["changeme"],
            web("", resources: "  - other.yaml\n"),
            ["base/other.yaml": KustomizeShape.workload("changeme").replacing("name: web", with: "name: other")]),
        Fails(
            "two kustomizations in one directory", rule: "package.two-kustomizations",
            words: ["base/kustomization.yml"],
            web, ["base/kustomization.yml": "resources: [web.yaml]\n"]),
    ]

    private static let service = KustomizeShape.service

    @Test("that cannot be proven are refused by a rule that names the place", arguments: fails)
    func refuses(_ item: Fails) async throws {
        try await withTemporaryDirectory { directory in
            let (rule, message): (String, String)
            var isBuilt = false
            do {
                let built = try await item.shape.build(in: "\(directory)/app")
                isBuilt = true
                _ = try await item.shape.render(built)
                Issue.record("was rendered")
                return
            } catch let rejection as RenderRejection {
                (rule, message) = (rejection.findings.first?.rule ?? "", rejection.description)
            } catch let error as CapsuleError {
                (rule, message) = (
                    error.findings.first { $0.severity == .error }?.rule ?? "\(error.code)",
                    error.findings.map(\.description).joined(separator: "\n")
                )
            } catch let error as GitError {
                (rule, message) = ("\(error.code)", error.message)
            }
            #expect(rule.hasPrefix(item.rule), "\(rule): \(message)")
            // What the tree alone decides is refused before there is a capsule.
            #expect(isBuilt == (rule.hasPrefix("render") || rule.hasPrefix("policy")), "\(rule): \(message)")
            for word in item.words { #expect(message.contains(word), "\(rule): \(message)") }
        }
    }

    @Test("with a field that some versions of kustomize do not know give what they give by hand, or its reason")
    func newField() async throws {
        let shape = KustomizeShape(
            testDescription: "",
            files: Self.web(
                "replacements:\n  - sourceValue: \"7\"\n"
                    + "    targets: [{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]\n"))
        try await withTemporaryDirectory { directory in
            let built = try await shape.build(in: "\(directory)/app")
            switch try await shape.renderByHand(in: directory) {
            case .success(let expected):
                let files = try await shape.render(built).files
                #expect(files.map { String(decoding: $0.content, as: UTF8.self) }.sorted() == expected.values.sorted())
            case .failure(let failure):
                #expect(failure.description.contains("sourceValue"))
                let error = await #expect(throws: RenderRejection.self) { try await shape.render(built) }
                #expect(error?.description.contains("sourceValue") == true, "\(error?.description ?? "")")
            }
        }
    }
}
