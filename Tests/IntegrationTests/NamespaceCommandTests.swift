import Archive
import CapsuleTestSupport
import Documents
import Testing

@Suite("Namespaces on the command line", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct NamespaceCommandTests {
    /// A release with a Service in a namespace of its own.
    private static let spanning = [
        "deploy/kustomize/base/service.yaml": """
        apiVersion: v1
        kind: Service
        metadata:
          name: shop
        spec:
          selector: {app: shop}
          ports:
            - port: 80
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: metrics
          namespace: monitoring
        spec:
          ports:
            - port: 90

        """
    ]

    private func with(_ body: (Shop, [String]) async throws -> Void) async throws {
        try await Shop.with { first in
            let shop = try await first.release(day: 6, Self.spanning)
            try expectSuccess(try await shop.build())
            try await body(shop, ["oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git"])
        }
    }

    private static let warnings = [
        "Service monitoring/metrics", "the namespace monitoring", "replaced by shop-staging",
        "allowNamespaces: [monitoring]",
    ]

    private func expectWarning(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        for part in Self.warnings { #expect(text.contains(part), "\(part): \(text)", sourceLocation: sourceLocation) }
    }

    @Test("a namespace that is overridden is reported by render, promote and diff, as text, JSON and Markdown")
    func reported() async throws {
        try await with { shop, release in
            let rendered = try await shop.run(["render"] + release + ["--deployment", "staging", "--to", "out"])
            try expectSuccess(rendered)
            expectWarning(rendered.errors)
            let json = try await shop.run(
                ["render"] + release + ["--deployment", "staging", "--to", "again", "--output", "json"])
            let warnings = try JSONParser.parse(Array(json.output.utf8), file: "render")["warnings"]?.array ?? []
            #expect(warnings.map { $0["rule"]?.string } == ["render.namespace-override"])
            #expect(warnings.map { $0["severity"]?.string } == ["warning"])
            for format in ["text", "json", "markdown"] {
                let diff = try await shop.run(["diff"] + release + ["--stage", "staging", "--output", format])
                try expectSuccess(diff)
                expectWarning(diff.output)
            }
            let planned = try await shop.run(
                ["promote"] + release + ["--stage", "staging", "--dry-run", "--output", "json"])
            try expectSuccess(planned)
            let stages = try JSONParser.parse(Array(planned.output.utf8), file: "promote")["stages"]?.array ?? []
            #expect(stages.first?["warnings"]?.array?.count == 1, "\(planned.output)")
            let promoted = try await shop.run(["promote"] + release + ["--stage", "staging"])
            try expectSuccess(promoted)
            expectWarning(promoted.output)
            #expect(promoted.output.contains("! "), "\(promoted.output)")
        }
    }

    @Test("a namespace that the stage allows is kept, and audit reproduces it")
    func kept() async throws {
        try await with { shop, release in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await shop.changePolicy([
                "capsule.yaml": text.replacing(
                    "  - name: staging\n", with: "  - name: staging\n    allowNamespaces: [monitoring]\n")
            ])
            let promoted = try await shop.run(["promote"] + release + ["--stage", "staging"])
            try expectSuccess(promoted)
            #expect(!promoted.output.contains("namespace"), "\(promoted.output)")
            let files = try await shop.gitops("ls-tree", "-r", "--name-only", "stage/staging")
            #expect(files.contains("deploy/monitoring_v1_service_metrics.yaml"), "\(files)")
            #expect(files.contains("deploy/shop-staging_v1_service_shop.yaml"), "\(files)")
            let audit = try await shop.run(
                "audit", "--stage", "staging", "--gitops", "gitops.git", "--image", "oci:image",
                environment: ["XDG_CACHE_HOME": "\(shop.directory)/other"])
            try expectSuccess(audit)
            #expect(audit.output.contains("reproduced"), "\(audit.output)")
        }
    }

    @Test("a package that the renderer refuses is 65 for its stage, and the other stages are promoted")
    func refused() async throws {
        try await with { shop, release in
            try await shop.changePolicy([
                "apps/shop/envTypes/production/kustomization.yaml": """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                replicas: [{name: nothing, count: 3}]

                """
            ])
            let rendered = try await shop.run(["render"] + release + ["--deployment", "canary", "--to", "out"])
            #expect(rendered.status == 65, "\(rendered.errors)")
            for text in ["envTypes/production/kustomization.yaml", "resource with name nothing does not match"] {
                #expect(rendered.errors.contains(text), "\(rendered.errors)")
            }
            #expect(!rendered.errors.contains("accumulat"), "\(rendered.errors)")
            let promoted = try await shop.run(
                ["promote"] + release + ["--stage", "staging", "--stage", "canary"])
            #expect(promoted.status == 65)
            #expect(promoted.output.contains("promoted: stage/staging"), "\(promoted.output)")
            #expect(promoted.output.contains("resource with name nothing"), "\(promoted.output)")
        }
    }

    @Test("kubectl is named with the versions that it says, by doctor, in messages and in the record")
    func version() async throws {
        try await with { shop, release in
            try await shop.linkPrograms(["git", "kubectl"], into: "bin")
            let path = ["PATH": "\(shop.directory)/bin"]
            let said = try await Tool.output(["kubectl", "version", "--client"])
            let versions = said.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
            let (client, kustomize) = (try #require(versions.first), try #require(versions.last))
            let name = "kubectl \(client) (kustomize \(kustomize))"
            let doctor = try await shop.run("doctor", environment: path)
            #expect(doctor.output.contains(name), "\(doctor.output)")
            let promoted = try await shop.run(["promote"] + release + ["--stage", "staging"], environment: path)
            try expectSuccess(promoted)
            let record = try await shop.gitops(
                "show", "stage/staging:apps/shop/deployments/staging/release-metadata.yaml")
            #expect(record.contains("\(client) (kustomize \(kustomize))"), "\(record)")
        }
    }
}
