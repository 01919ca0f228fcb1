import CapsuleCore
import CapsuleTestSupport
import Support
import Testing

@testable import Rendering

/// A package that a real renderer refuses, and what the finding says about it.
struct RefusedPackage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let files: [String: String]
    var policy: [String: String] = [:]
    /// The essential text of the renderer's error.
    let says: String
    /// The file to correct; nil when no file is named.
    let file: String?
    var line: Int?
    /// A part of the remedy.
    let remedy: String

    init(
        _ description: String, _ files: [String: String], policy: [String: String] = [:], says: String, file: String?,
        line: Int? = nil, remedy: String
    ) {
        (testDescription, self.files, self.policy, self.says) = (description, files, policy, says)
        (self.file, self.line, self.remedy) = (file, line, remedy)
    }

    func check(_ input: RenderInput, renderer: String) async throws {
        let findings = try await RenderFixture.rejection(input)
        let finding = try #require(findings.first)
        #expect(findings.count == 1)
        #expect(finding.rule == "render.failed", "\(finding)")
        #expect(finding.message.contains(says), "\(finding)")
        #expect(finding.message.utf8.count < 700, "\(finding)")
        for noise in ["accumulation err", "recursed accumulation", "command failed", "Use --debug", "capsule-render-"] {
            #expect(!finding.message.contains(noise), "\(finding)")
        }
        #expect(finding.message.hasPrefix(renderer), "\(finding)")
        #expect(finding.file == file, "\(finding)")
        #expect(finding.line == line, "\(finding)")
        #expect(finding.remedy.contains(remedy), "\(finding)")
    }
}

@Suite("A chart that helm refuses", .needs("helm"), .timeLimit(.minutes(2)))
struct RefusedChartTests {
    private static func map(_ name: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: \(name)}\n"
    }
    private static let template = "package/helm/templates/a.yaml"
    private static let values = "replicas: 1\nimage:\n  repository: shop\n  tag: latest\n"
    private static let set = "envTypes/staging.values.yaml or deployments/staging/values.yaml"

    static let refused: [RefusedPackage] = [
        RefusedPackage(
            "a required value",
            ["templates/a.yaml": map("a") + "data:\n  x: {{ required \"give the host\" .Values.database }}\n"],
            says: "give the host", file: template, line: 5, remedy: "set database in \(set)"),
        RefusedPackage(
            "a required value next to the image",
            [
                "templates/a.yaml": map("a") + "data:\n  x: {{ required \"give the host\" .Values.database }}\n"
                    + "  image: {{ .Values.image.tag }}\n"
            ], says: "give the host", file: template, line: 5, remedy: "set database in \(set)"),
        RefusedPackage(
            "a required value in a helper",
            [
                "templates/_a.tpl":
                    "{{- define \"a.host\" -}}\n{{ required \"give the host\" .Values.database }}\n{{- end -}}\n",
                "templates/a.yaml": map("a") + "data:\n  x: {{ include \"a.host\" . }}\n",
            ], says: "give the host", file: "package/helm/templates/_a.tpl", line: 2, remedy: "set database in \(set)"),
        RefusedPackage(
            "fail", ["templates/a.yaml": "{{- if not .Values.colour }}\n{{ fail \"no colour\" }}\n{{ end }}\n"],
            says: "no colour", file: template, line: 2, remedy: "correct the package"),
        RefusedPackage(
            "fail about the cluster",
            [
                "templates/a.yaml":
                    "{{ if not (.Capabilities.APIVersions.Has \"a.example/v1\") }}{{ fail \"no such API\" }}{{ end }}\n"
            ], says: "no such API", file: template, line: 1,
            remedy: "kubernetes.apis in deployments/staging/deployment.yaml"),
        RefusedPackage(
            "a value below one that is missing",
            ["templates/a.yaml": map("{{ .Values.database.host.name }}")], says: "nil pointer evaluating",
            file: template,
            line: 3, remedy: "set database.host.name in \(set)"),
        RefusedPackage(
            "lookup",
            [
                "templates/a.yaml": "{{- $secret := lookup \"v1\" \"Secret\" \"shop\" \"db\" }}\n" + map("a")
                    + "data: {password: {{ $secret.data.password }}}\n"
            ], says: "nil pointer evaluating", file: template, line: 5, remedy: "calls lookup"),
        RefusedPackage(
            "an unknown function", ["templates/a.yaml": map("{{ frobnicate .Values.replicas }}")],
            says: "function \"frobnicate\" not defined", file: template, line: 3, remedy: "helm has no such function"),
        RefusedPackage(
            "an action that does not end",
            ["templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nreplicas: {{ .Values.replicas }\n"],
            says: "unexpected \"}\" in operand", file: template, line: 3, remedy: "correct the package"),
        RefusedPackage(
            "a template that does not exist", ["templates/a.yaml": map("{{ include \"a.nothing\" . }}")],
            says: "no template \"a.nothing\"", file: template, line: 3, remedy: "define the template"),
        RefusedPackage(
            "output that is not YAML",
            ["templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n   b: c\n"],
            says: "mapping values are not allowed in this context", file: template, remedy: "correct the template"),
        RefusedPackage(
            "another version of Kubernetes",
            ["Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\nkubeVersion: \">= 1.99.0\"\n"],
            says: "chart requires kubeVersion: >= 1.99.0", file: "package/helm/Chart.yaml",
            remedy: "kubernetes.version in deployments/staging/deployment.yaml"),
        RefusedPackage(
            "a schema that refuses a value of the policy",
            ["values.schema.json": "{\"properties\": {\"replicas\": {\"type\": \"string\"}}}"],
            policy: ["envTypes/staging.values.yaml": "# two\nreplicas: 2\n"],
            says: "at '/replicas': got number, want string", file: "envTypes/staging.values.yaml", line: 2,
            remedy: "correct the environment policy"),
        RefusedPackage(
            "a schema that misses a value", ["values.schema.json": "{\"required\": [\"other\"]}"],
            says: "missing property 'other'", file: "package/helm/values.schema.json", remedy: "set the value in \(set)"
        ),
        RefusedPackage(
            "a library", ["Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\ntype: library\n"],
            says: "library charts are not installable", file: "package/helm/Chart.yaml", remedy: "correct the package"),
        RefusedPackage(
            "a template that includes itself",
            [
                "templates/_a.tpl": "{{- define \"a.loop\" }}{{ include \"a.loop\" . }}{{ end }}",
                "templates/a.yaml": "x: {{ include \"a.loop\" . }}\n",
            ], says: "nested reference name: a.loop", file: "package/helm/templates/_a.tpl", line: 1,
            remedy: "correct the package"),
        RefusedPackage(
            "an index that does not exist",
            ["templates/a.yaml": map("{{ index .Values.list 3 }}"), "values.yaml": values + "list: [1]\n"],
            says: "index out of range: 3", file: template, line: 3, remedy: "correct the package"),
    ]

    @Test("is refused with the reason, the file and the remedy", arguments: refused)
    func refuses(_ item: RefusedPackage) async throws {
        var policy = ["envTypes/staging.values.yaml": "# none\n"]
        policy.merge(item.policy) { $1 }
        let chart = HelmRenderTests.chart.merging(item.files) { $1 }
        try await item.check(
            RenderFixture.input(package: chart, policy: policy, kind: .helm), renderer: "helm v")
    }

    static let older: [(text: String, cause: String, file: String, line: Int)] = [
        (
            "Error: template: shop/templates/a.yaml:3:27: executing \"shop/templates/a.yaml\" at <include \"x\" .>: error "
                + "calling include: template: shop/templates/_x.tpl:2:4: executing \"x\" at <.Values.a.b>: nil pointer "
                + "evaluating interface {}.b\n\nUse --debug flag to render out invalid YAML",
            "nil pointer evaluating interface {}.b", "package/helm/templates/_x.tpl", 2
        ),
        (
            "coalesce.go:298: warning: cannot overwrite table with non table for shop.image\n"
                + "Error: execution error at (shop/charts/db/templates/a.yaml:3:4): give a size",
            "give a size", "package/helm/charts/db/templates/a.yaml", 3
        ),
    ]

    @Test("is understood in the words of Helm 3", arguments: older.indices)
    func helm3(_ index: Int) throws {
        let item = Self.older[index]
        let input = try HelmRenderTests.input()
        let fault = HelmFault(input.package, values: [], input.deployment).read(item.text)
        #expect(fault.cause == item.cause)
        #expect(fault.file == item.file)
        #expect(fault.line == item.line)
    }
}

@Suite("A package that kustomize refuses", .timeLimit(.minutes(2)))
struct RefusedKustomizationTests {
    private static let base = RenderFixture.base["base/kustomization.yaml"] ?? ""
    private static let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    private static let service = "source/base/service.yaml"
    private static let environment = "envTypes/staging/kustomization.yaml"
    private static let kustomization = "source/base/kustomization.yaml"

    static let refused: [RefusedPackage] = [
        RefusedPackage(
            "a patch without an object", [:],
            policy: [
                "envTypes/staging/replicas.patch.yaml":
                    "# two\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: nothing}\nspec: {replicas: 2}\n"
            ], says: "no matches for Id Deployment.v1.apps/nothing", file: "envTypes/staging/replicas.patch.yaml",
            line: 3, remedy: "name an object of the package in the patch"),
        RefusedPackage(
            "a JSON patch without a field", [:],
            policy: [
                environment: component
                    + "patches:\n- target: {kind: Deployment, name: web}\n"
                    + "  patch: \"- {op: replace, path: /spec/nothing/x, value: 2}\"\n"
            ], says: "doc is missing path: /spec/nothing/x", file: environment,
            remedy: "correct the environment policy"),
        RefusedPackage(
            "the same object twice",
            [
                "base/kustomization.yaml": base + "  - again.yaml\n",
                "base/again.yaml": RenderFixture.base["base/service.yaml"] ?? "",
            ], says: "already registered id: Service.v1.[noGrp]/web", file: "source/base/again.yaml",
            remedy: "remove or rename one"),
        RefusedPackage(
            "an object without a name", ["base/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {}\n"],
            says: "missing metadata.name", file: service, remedy: "give the object a name"),
        RefusedPackage(
            "a hook without a name",
            [
                "base/service.yaml":
                    "apiVersion: batch/v1\nkind: Job\n"
                    + "metadata: {generateName: a-, annotations: {argocd.argoproj.io/hook: PreSync}}\n"
            ], says: "missing metadata.name", file: service,
            remedy: "kustomize does not take metadata.generateName"),
        RefusedPackage(
            "an object without a kind", ["base/service.yaml": "apiVersion: v1\nmetadata: {name: a}\n"],
            says: "missing kind in object", file: service, remedy: "write the kind"),
        RefusedPackage(
            "a replacement without a source",
            [
                "base/kustomization.yaml": base
                    + "replacements:\n- source: {kind: ConfigMap, name: nothing, fieldPath: data.x}\n"
                    + "  targets: [{select: {kind: Deployment}, fieldPaths: [spec.x]}]\n"
            ], says: "nothing selected by ConfigMap", file: kustomization, remedy: "publish another release"),
        RefusedPackage(
            "a generator of a name that exists",
            [
                "base/kustomization.yaml": base
                    + "configMapGenerator: [{name: a, literals: [x=1]}, {name: a, literals: [x=1]}]\n"
            ], says: "behavior must be merge or replace", file: kustomization,
            remedy: "give one of the generators another name"),
        RefusedPackage(
            "a generator that merges nothing", [:],
            policy: [
                environment: component + "configMapGenerator: [{name: a, behavior: merge, literals: [x=1]}]\n"
            ], says: "does not exist; cannot merge or replace", file: environment,
            remedy: "name a ConfigMap or Secret"),
        RefusedPackage(
            "a literal without a value",
            ["base/kustomization.yaml": base + "configMapGenerator: [{name: a, literals: [x]}]\n"],
            says: "invalid literal source x, expected key=value", file: kustomization,
            remedy: "publish another release"),
        RefusedPackage(
            "a patch of another shape", [:],
            policy: [
                "envTypes/staging/replicas.patch.yaml":
                    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: 3\n"
            ], says: "wrong node kind: expected MappingNode but got ScalarNode", file: environment,
            remedy: "correct the environment policy"),
        RefusedPackage(
            "replicas of nothing", [:], policy: [environment: component + "replicas: [{name: nothing, count: 3}]\n"],
            says: "resource with name nothing does not match", file: environment,
            remedy: "correct the environment policy"),
        RefusedPackage(
            "a number as a label", ["base/kustomization.yaml": base + "labels: [{pairs: {a: 3}}]\n"],
            says: "cannot unmarshal number", file: kustomization, remedy: "publish another release"),
        RefusedPackage(
            "a fault far below",
            [
                "base/kustomization.yaml": base + "  - ../a\n", "a/kustomization.yaml": "resources: [../b]\n",
                "b/kustomization.yaml": "resources: [../c]\n", "c/kustomization.yaml": "resources: [x.yaml]\n",
                "c/x.yaml": "apiVersion: v1\nkind: ConfigMap\n",
            ], says: "missing metadata.name", file: "source/c/x.yaml", remedy: "give the object a name"),
        RefusedPackage(
            "objects that the namespace makes one",
            [
                "base/service.yaml":
                    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Service\n"
                    + "metadata: {name: web, namespace: monitoring}\n"
            ], says: "Service web and Service monitoring/web are one object in staging", file: service, line: 7,
            remedy: "`allowNamespaces: [monitoring]` for stage staging in capsule.yaml"),
    ]

    @Test("is refused with the reason, the file and the remedy", arguments: refused)
    func refuses(_ item: RefusedPackage) async throws {
        let identity = try await RenderFixture.renderer.identity(for: .kustomize)
        try await item.check(
            RenderFixture.input(
                package: RenderFixture.base.merging(item.files) { $1 },
                policy: RenderFixture.policy.merging(item.policy) { $1 }), renderer: "\(identity) cannot render it: ")
    }

    @Test("is understood in the words of kustomize and of kubectl", arguments: ["Error: ", "error: "])
    func plain(_ start: String) throws {
        let input = try RenderFixture.input()
        let files = try Invocation.plan(input, tool: "kustomize")
        let text =
            start + "accumulating resources: accumulation err='accumulating resources from '../source/base': "
            + "'source/base' must resolve to a file': recursed accumulation of path 'source/base': accumulating resources: "
            + "accumulating resources from 'service.yaml': MalformedYAMLError: yaml: line 5: mapping values are not allowed "
            + "in this context in File: service.yaml"
        let fault = KustomizeFault(files.package + files.policy, input.deployment).read(text)
        #expect(fault.cause == "MalformedYAMLError: yaml: line 5: mapping values are not allowed in this context")
        #expect(fault.file == "source/base/service.yaml")
        #expect(fault.line == 5)
    }
}
