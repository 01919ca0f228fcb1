import Archive
import CapsuleTestSupport
import Documents
import Testing

@Suite("A package that is its own entry", .timeLimit(.minutes(4)), .needs("git", "kubectl"))
struct FlatLayoutTests {
    /// A layout of the application's repository: the directory of the kustomization.
    struct Layout: Sendable, CustomTestStringConvertible {
        let source: String
        /// The value of `package` in `capsule.yaml`.
        var package: String { "{source: \(source), include: [components], entry: ., imageName: shop}" }
        var testDescription: String { source }
        static let all = [Layout(source: "."), Layout(source: "deploy")]
    }

    /// A shop with the same manifests as the usual one, without a directory `base`, in the midst of other files.
    static func with(_ layout: Layout, _ body: (Shop) async throws -> Void) async throws {
        try await Shop.with { usual in
            let shop = try await rearranged(usual, layout)
            try await body(shop)
        }
    }

    static func rearranged(_ usual: Shop, _ layout: Layout) async throws -> Shop {
        let app = "\(usual.directory)/app"
        try await Tool.output(
            [
                "sh", "-c",
                "mkdir -p \"$1\" && mv deploy/kustomize/base/* deploy/kustomize/components \"$1\" && rm -r deploy/kustomize",
                "sh", layout.source,
            ], in: app)
        try await Tool.output(["ln", "-s", "README.md", "\(app)/\(layout.source)/NOTES.md"])
        try await Tool.output(["ln", "-s", "/etc/passwd", "\(app)/\(layout.source)/secret"])
        let text = String(decoding: try readFile("\(usual.directory)/policy/capsule.yaml"), as: UTF8.self)
        let package = text.firstRange(of: "package:").map { text[$0.lowerBound...] } ?? ""
        let end = package.firstRange(of: "gitops:").map { package[..<$0.lowerBound] } ?? ""
        try await usual.changePolicy(["capsule.yaml": text.replacing(end, with: "package: \(layout.package)\n")])
        let prefix = layout.source == "." ? "" : "\(layout.source)/"
        return try await usual.release(
            day: 6,
            [
                "src/main.go": "package main\n", "\(prefix)LICENSE": "free\n",
                "\(prefix)overlays/production/kustomization.yaml":
                    "resources: [../.., \"https://example.com/more.yaml\"]\n",
            ])
    }

    @Test("goes from commit to production and back like any other", arguments: Layout.all)
    func endToEnd(_ layout: Layout) async throws {
        try await Self.with(layout) { shop in
            let built = try await shop.build()
            try expectSuccess(built)
            #expect(!built.errors.contains("warning"), "\(built.errors)")
            let flags = try await shop.run(
                "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image:\(shop.tag)",
                "--to", "oci:flags", "--package-source", layout.source, "--entry", ".", "--include", "components")
            try expectSuccess(flags)
            #expect(flags.line.split(separator: "@").last == built.line.split(separator: "@").last)

            let inspected = try await shop.run("inspect", "oci:release:\(shop.tag)", "--output", "json")
            let json = try JSONParser.parse(Array(try expectSuccess(inspected).output.utf8), file: "inspect")
            #expect(json["release"]?["package"]?["entry"]?.string == ".")
            let text = try await shop.run("inspect", "oci:release:\(shop.tag)")
            #expect(text.output.contains("kustomize, entry ."), "\(text.output)")

            let verified = try await shop.run("verify", "oci:release:\(shop.tag)", "--image", "oci:image")
            try expectSuccess(verified)
            try expectSuccess(
                try await shop.run("unpack", "oci:release:\(shop.tag)", "--image", "oci:image", "--to", "unpacked"))
            #expect(
                listTree("\(shop.directory)/unpacked/package/kustomize").filter { $0.contains(".") } == [
                    "components/metrics/kustomization.yaml", "deployment.yaml", "kustomization.yaml", "service.yaml",
                    "settings.ini",
                ])

            try expectSuccess(
                try await shop.run(
                    "render", "oci:release:\(shop.tag)", "--image", "oci:image", "--gitops", "gitops.git",
                    "--deployment", "canary", "--to", "rendered"))
            for stage in ["staging", "canary"] { try expectSuccess(try await shop.promote(stage)) }
            let manifests = try await shop.gitops("grep", "-h", "", "stage/canary", "--", "apps/shop")
            #expect(manifests.contains("replicas: 3"), "\(manifests)")
            #expect(manifests.contains("prometheus.io/scrape"), "\(manifests)")
            #expect(manifests.contains("image: registry.example.com/shop/web@sha256:"), "\(manifests)")
            let tree = try await shop.gitops(
                "ls-tree", "-r", "--name-only", "stage/canary:apps/shop/deployments/canary/deploy")
            #expect(
                tree.split(separator: "\n").map(String.init)
                    == listTree("\(shop.directory)/rendered").filter { $0.hasSuffix(".yaml") })

            let next = try await shop.release(day: 7, ["\(layout.source)/settings.ini": "currency = GBP\n"])
            try expectSuccess(try await next.build())
            let diff = try await next.run(
                "diff", "oci:release:\(shop.tag)", "oci:release:\(next.tag)", "--image", "oci:image", "--deployment",
                "staging", "--gitops", "gitops.git")
            #expect(diff.output.contains("settings.ini"), "\(diff.output)\(diff.errors)")
            try expectSuccess(try await next.promote("staging"))
            let audit = try await next.run(
                "audit", "--gitops", "gitops.git", "--stage", "staging", "--stage", "canary", "--capsules",
                "oci:release", "--image", "oci:image")
            try expectSuccess(audit)
        }
    }

    @Test("is compared with one that has another entry, by that entry")
    func entries() async throws {
        try await Shop.with { usual in
            try expectSuccess(try await usual.build())
            let shop = try await Self.rearranged(usual, Layout(source: "."))
            try expectSuccess(try await shop.build())
            let diff = try await shop.run("diff", "oci:release:\(usual.tag)", "oci:release:\(shop.tag)")
            #expect(diff.output.contains("package.entry"), "\(diff.output)\(diff.errors)")
        }
    }

    @Test("does not include the whole directory, and says what to write instead")
    func wholeDirectory() async throws {
        try await Self.with(Layout(source: ".")) { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try writeFile(
                "\(shop.directory)/policy/capsule.yaml", text.replacing("include: [components]", with: "include: [.]"))
            let built = try await shop.build()
            #expect(built.status != 0)
            #expect(built.errors.contains("package.include[0]"), "\(built.errors)")
            #expect(built.errors.contains("leave include out"), "\(built.errors)")
        }
    }

    @Test("and a chart at the top of its repository is built without what .helmignore excludes", .needs("helm"))
    func chart() async throws {
        try await Shop.with { usual in
            let text = String(decoding: try readFile("\(usual.directory)/policy/capsule.yaml"), as: UTF8.self)
            let package = text.firstRange(of: "package:").map { text[$0.lowerBound...] } ?? ""
            let end = package.firstRange(of: "gitops:").map { package[..<$0.lowerBound] } ?? ""
            try await usual.changePolicy([
                "capsule.yaml": text.replacing(end, with: "package: {kind: helm, source: .}\n"),
                "apps/shop/envTypes/staging.values.yaml": "replicas: 2\n",
            ])
            try await Tool.output(["mkdir", "-p", "src"], in: "\(usual.directory)/app")
            try await Tool.output(["ln", "-s", "/etc/passwd", "src/link"], in: "\(usual.directory)/app")
            let shop = try await usual.release(
                day: 6,
                [
                    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
                    "values.yaml": "replicas: 1\nimage: {repository: shop/web, tag: latest}\n",
                    "templates/web.yaml": """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: shop}
                    spec:
                      replicas: {{ .Values.replicas }}
                      selector: {matchLabels: {app: shop}}
                      template:
                        metadata: {labels: {app: shop}}
                        spec:
                          containers:
                            - name: web
                              image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"

                    """,
                    ".helmignore": "*.md\nsrc/\ndeploy/\n",
                ])
            try expectSuccess(try await shop.build())
            try expectSuccess(
                try await shop.run("unpack", "oci:release:\(shop.tag)", "--image", "oci:image", "--to", "unpacked"))
            #expect(
                listTree("\(shop.directory)/unpacked/package/helm").filter { $0.contains(".") } == [
                    ".helmignore", "Chart.yaml", "templates/web.yaml", "values.yaml",
                ])
            try expectSuccess(try await shop.promote("staging"))
            let manifests = try await shop.gitops("grep", "-h", "", "stage/staging", "--", "apps/shop")
            #expect(manifests.contains("replicas: 2") && manifests.contains("\(shop.tag)@sha256:"), "\(manifests)")
        }
    }
}
