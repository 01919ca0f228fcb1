import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import Processes
import Support
import Testing

@testable import Rendering

@Suite("The namespaces of a Kustomize render", .timeLimit(.minutes(2)))
struct NamespaceTests {
    /// A package that spans namespaces: of its own, `monitoring`, and `kube-system`, to which only references lead.
    static let spanning: [String: String] = {
        var package = RenderFixture.base
        package["base/kustomization.yaml"] = "resources: [deployment.yaml, service.yaml, more.yaml]\n"
        package["base/more.yaml"] = """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: web}
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: scraper, namespace: monitoring}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: hook, namespace: monitoring}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: readers}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
            subjects:
              - {kind: ServiceAccount, name: web}
              - {kind: ServiceAccount, name: scraper, namespace: monitoring}
              - {kind: ServiceAccount, name: default}
              - {kind: ServiceAccount, name: default, namespace: kube-system}
              - {kind: ServiceAccount, name: elsewhere, namespace: kube-system}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: readers}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
            subjects:
              - {kind: ServiceAccount, name: web, namespace: default}
              - {kind: ServiceAccount, name: scraper, namespace: monitoring}
            ---
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: checks}
            webhooks:
              - {name: a.example.com, clientConfig: {service: {name: hook, namespace: monitoring}}}
              - {name: b.example.com, clientConfig: {service: {name: web, namespace: default}}}
            ---
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1.shop.example.com}
            spec: {group: shop.example.com, version: v1, service: {name: web}}
            ---
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v2.shop.example.com}
            spec: {group: shop.example.com, version: v2, service: {name: hook, namespace: monitoring}}

            """
        return package
    }()

    static func options(_ namespaces: String...) -> RenderOptions {
        var options = RenderOptions()
        options.allowClusterScoped = true
        options.allowedNamespaces = Set(namespaces)
        return options
    }

    static func render(_ package: [String: String], _ options: RenderOptions) async throws -> RenderedManifests {
        try await RenderFixture.renderer.render(RenderFixture.input(package: package, options: options))
    }

    static func node(_ rendered: RenderedManifests, _ file: String) throws -> YAMLNode {
        let file = try #require(rendered.files.first { $0.path.description == file }, "\(rendered.files.map(\.path))")
        return try #require(try YAMLParser.documents(file.content, file: "object").first)
    }

    static func subjects(_ rendered: RenderedManifests, _ file: String) throws -> [String] {
        (try node(rendered, file)["subjects"]?.sequence ?? []).map {
            "\($0["namespace"]?.string ?? "-")/\($0["name"]?.string ?? "")"
        }
    }

    @Test(
        "an object keeps the namespace that it names where the stage allows others, and the rest get the deployment's")
    func keeps() async throws {
        let rendered = try await Self.render(Self.spanning, Self.options("monitoring"))
        #expect(rendered.warnings == [])
        let places = Set(rendered.objects.compactMap { object in object.namespace.map { "\($0)/\(object.name)" } })
        #expect(
            places == [
                "staging/web", "staging/readers", "monitoring/scraper", "monitoring/hook",
            ])
        // The names of the files are those of `kustomize build -o DIR`.
        let names = rendered.files.map(\.path.description)
        #expect(names.contains("monitoring_v1_service_hook.yaml"), "\(names)")
        #expect(names.contains("staging_apps_v1_deployment_web.yaml"), "\(names)")
    }

    @Test("subjects, webhooks and API services follow the objects that they refer to")
    func references() async throws {
        let rendered = try await Self.render(Self.spanning, Self.options("monitoring"))
        #expect(
            try Self.subjects(rendered, "staging_rbac.authorization.k8s.io_v1_rolebinding_readers.yaml") == [
                "staging/web", "monitoring/scraper", "staging/default", "kube-system/default", "kube-system/elsewhere",
            ])
        #expect(
            try Self.subjects(rendered, "rbac.authorization.k8s.io_v1_clusterrolebinding_readers.yaml") == [
                "staging/web", "monitoring/scraper",
            ])
        let webhooks = try Self.node(
            rendered, "admissionregistration.k8s.io_v1_validatingwebhookconfiguration_checks.yaml")["webhooks"]
        #expect(
            webhooks?.sequence?.map { $0["clientConfig"]?["service"]?["namespace"]?.string } == [
                "monitoring", "staging",
            ])
        for (version, namespace) in [("v1", "staging"), ("v2", "monitoring")] {
            let file = "apiregistration.k8s.io_v1_apiservice_\(version).shop.example.com.yaml"
            #expect(try Self.node(rendered, file)["spec"]?["service"]?["namespace"]?.string == namespace)
        }
    }

    @Test("a namespace that is not allowed is refused where others are, with the object's file")
    func foreign() async throws {
        let input = try RenderFixture.input(package: Self.spanning, options: Self.options("metrics"))
        let findings = try await RenderFixture.rejection(input)
        #expect(findings.map(\.rule) == ["render.namespace", "render.namespace"])
        for (finding, object) in zip(findings, ["Service monitoring/hook", "ServiceAccount monitoring/scraper"]) {
            #expect(finding.message.contains(object), "\(finding)")
            #expect(finding.file == "source/base/more.yaml", "\(finding)")
            #expect(finding.remedy.contains("`allowNamespaces: [metrics, monitoring]`"), "\(finding)")
        }
    }

    @Test("a namespace that is overridden is reported with the object, both namespaces and the key that keeps it")
    func overridden() async throws {
        let rendered = try await Self.render(Self.spanning, Self.options())
        #expect(rendered.objects.allSatisfy { $0.namespace == nil || $0.namespace == "staging" })
        #expect(rendered.warnings.map(\.severity) == [.warning, .warning])
        let texts = rendered.warnings.map(\.description)
        let (system, monitoring) = (texts.first ?? "", texts.last ?? "")
        #expect(monitoring.hasPrefix("source/base/more.yaml:"), "\(texts)")
        for text in [
            "Service monitoring/hook", "ServiceAccount monitoring/scraper", "the namespace monitoring",
            "replaced by staging", "`allowNamespaces: [kube-system, monitoring]`", "stage staging",
        ] { #expect(monitoring.contains(text), "\(text): \(monitoring)") }
        // kustomize gives the deployment's namespace to each subject of the name default.
        for text in ["RoleBinding staging/readers (subjects[3].namespace)", "the namespace kube-system"] {
            #expect(system.contains(text), "\(text): \(system)")
        }
        #expect(!monitoring.contains("webhooks"), "a reference follows its object: \(monitoring)")
    }

    @Test("the namespace that a kustomization of the package gives is reported once, with its file")
    func kustomizationOfPackage() async throws {
        var package = RenderFixture.base
        package["base/kustomization.yaml"] = "namespace: shop\nresources: [deployment.yaml, service.yaml]\n"
        let rendered = try await Self.render(package, RenderOptions())
        let warning = try #require(rendered.warnings.first)
        #expect(rendered.warnings.count == 1)
        #expect(warning.file == "source/base/kustomization.yaml")
        #expect(warning.line == 1)
        #expect(warning.message.hasPrefix("Deployment shop/web, Service shop/web: the namespace shop that they name"))
    }

    struct Silent: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var package: [String: String] = [:]
        /// True when the text cannot tell, and a second render shows that nothing is overridden.
        var rendersTwice = false
    }

    static let quiet: [Silent] = [
        Silent(testDescription: "no namespace"),
        Silent(
            testDescription: "the deployment's own",
            package: [
                "base/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: staging}\n"
            ]),
        Silent(
            testDescription: "a field reference and a selector",
            package: [
                "base/service.yaml":
                    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web}\nspec:\n"
                    + "  ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}]}]\n"
                    + "  note: metadata.namespace\n"
            ]),
        Silent(
            testDescription: "another meaning of the word",
            package: [
                "base/service.yaml":
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {namespace: elsewhere}\n"
            ], rendersTwice: true),
    ]

    @Test(
        "nothing is reported, and nothing is rendered twice, where no object names another namespace", arguments: quiet
    )
    func silent(_ item: Silent) async throws {
        let input = try RenderFixture.input(package: RenderFixture.base.merging(item.package) { $1 })
        let plan = try Invocation.plan(input, tool: "kustomize")
        #expect((plan.withNamedNamespaces != nil) == item.rendersTwice)
        #expect(try await RenderFixture.renderer.render(input).warnings == [])
    }

    @Test("the report is the same from the cache")
    func cached() async throws {
        try await withTemporaryDirectory { directory in
            let renderer = Renderer(
                runner: SystemCommandRunner(), cache: RenderCache(directory: "\(directory)/cache"))
            let input = try RenderFixture.input(package: Self.spanning, options: Self.options())
            let first = try await renderer.render(input)
            let second = try await renderer.render(input)
            #expect(!first.isCached && second.isCached)
            #expect(first.warnings == second.warnings)
            #expect(!first.warnings.isEmpty)
        }
    }

    @Test("two objects that an override would make one are refused with the key that keeps them apart")
    func collision() async throws {
        var package = RenderFixture.base
        package["base/service.yaml"]! +=
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: monitoring}\n"
        let findings = try await RenderFixture.rejection(RenderFixture.input(package: package))
        let text = findings.map(\.description).joined()
        #expect(text.contains("Service web and Service monitoring/web"), "\(text)")
        #expect(text.contains("`allowNamespaces: [monitoring]`"), "\(text)")
        let rendered = try await Self.render(package, Self.options("monitoring"))
        #expect(rendered.files.map(\.path.description).contains("monitoring_v1_service_web.yaml"))
    }

    @Test("a Namespace object keeps its name where the stage allows others, and its new name is reported where not")
    func namespaceObject() async throws {
        var package = RenderFixture.base
        package["base/service.yaml"] = "apiVersion: v1\nkind: Namespace\nmetadata: {name: monitoring}\n"
        let kept = try await Self.render(package, Self.options("monitoring"))
        #expect(kept.objects.contains { $0.kind == "Namespace" && $0.name == "monitoring" })
        let replaced = try await Self.render(package, Self.options())
        #expect(replaced.objects.contains { $0.kind == "Namespace" && $0.name == "staging" })
        #expect(replaced.warnings.first?.message.contains("Namespace monitoring") == true, "\(replaced.warnings)")
        #expect(replaced.warnings.first?.file == "source/base/service.yaml")
    }
}

@Suite("The namespaces of a chart", .needs("helm"), .timeLimit(.minutes(1)))
struct ChartNamespaceTests {
    static func template(_ annotation: String, namespace: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate, namespace: \(namespace), annotations: {\(annotation)}}
        spec: {template: {spec: {containers: [{name: m, image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"}]}}}

        """
    }

    @Test(
        "are those that the chart writes, and a hook is proven like every object",
        arguments: ["", "helm.sh/hook: \"pre-install,pre-upgrade\"", "argocd.argoproj.io/hook: PreSync"])
    func hooks(_ annotation: String) async throws {
        let chart = ["templates/job.yaml": Self.template(annotation, namespace: "migrations")]
        let findings = try await RenderFixture.rejection(HelmRenderTests.input(chart))
        #expect(findings.map(\.rule) == ["render.namespace"])
        #expect(findings.first?.file == "package/helm/templates/job.yaml")
        #expect(findings.first?.remedy.contains("`allowNamespaces: [migrations]`") == true, "\(findings)")
        var options = RenderOptions()
        options.allowedNamespaces = ["migrations"]
        let rendered = try await RenderFixture.renderer.render(HelmRenderTests.input(chart, options: options))
        #expect(rendered.objects.first { $0.kind == "Job" }?.namespace == "migrations")
        #expect(rendered.warnings == [])
    }
}
