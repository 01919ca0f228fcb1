import CapsuleTestSupport
import Testing

@Suite("The trial render of build and publish", .timeLimit(.minutes(3)), .needs("git"))
struct TrialRenderTests {
    private static let build = ["build", "--source", "app", "--image", "oci:image", "--to", "oci:release"]
    private static let base = "deploy/kustomize/base/"

    private static func expectNothing(_ shop: Shop, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!listTree(shop.directory).contains { $0.hasPrefix("release") }, sourceLocation: sourceLocation)
    }

    /// A shop whose package is a chart.
    private static func withChart(
        _ files: [String: String] = [:], policy: [String: String] = [:], _ body: (Shop) async throws -> Void
    ) async throws {
        try await Shop.with { first in
            let shop = try await first.release(day: 6, HelmTests.chart.merging(files) { $1 })
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            let values = ["staging", "production"].map { ("apps/shop/envTypes/\($0).values.yaml", "replicas: 2\n") }
            try await shop.changePolicy(
                ["capsule.yaml": HelmTests.configuration(text, "")]
                    .merging(values) { $1 }.merging(policy) { $1 })
            try await body(shop)
        }
    }

    @Test(
        "renders for every stage with the policy around capsule.yaml, and says so",
        .needs(anyOf: "kustomize", "kubectl"))
    func good() async throws {
        try await Shop.with { shop in
            let plain = try await shop.build()
            try expectSuccess(plain)
            #expect(!plain.errors.contains("trial"), "\(plain.errors)")
            let checked = try await shop.run(Self.build + ["--config", "policy/capsule.yaml", "--check"])
            try expectSuccess(checked)
            #expect(checked.output == plain.output)
            #expect(
                checked.errors.contains("for staging (3 objects), canary (3 objects), production (3 objects), with"),
                "\(checked.errors)")
            let json = try await shop.run(
                Self.build + ["--config", "policy/capsule.yaml", "--check", "--output", "json"])
            try expectSuccess(json)
            #expect(json.output.contains("\"trial\""), "\(json.output)")
            #expect(json.output.contains("\"shop-canary\""), "\(json.output)")
        }
    }

    @Test(
        "rejects a patch that matches nothing before anything is written, once for all stages",
        .needs(anyOf: "kustomize", "kubectl"))
    func brokenPatch() async throws {
        try await Shop.with { first in
            let kustomization = String(
                decoding: try readFile("\(first.directory)/app/\(Self.base)kustomization.yaml"), as: UTF8.self)
            let shop = try await first.release(
                day: 6,
                [
                    "\(Self.base)kustomization.yaml": kustomization + "patches:\n  - path: patch.yaml\n",
                    "\(Self.base)patch.yaml":
                        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: other}\nspec: {replicas: 2}\n",
                ])
            let options = [
                "--image-repository", Shop.repository, "--package-source", "deploy/kustomize", "--image-name", "shop",
            ]
            for options in [["--config", "policy/capsule.yaml"], options] {
                let refused = try await shop.run(Self.build + options + ["--check"])
                #expect(refused.status == 65, "\(refused.errors)")
                #expect(refused.errors.contains("the release cannot be rendered"), "\(refused.errors)")
                #expect(refused.errors.contains("nothing was published"), "\(refused.errors)")
                #expect(
                    refused.errors.split(separator: "\n").count { $0.contains("no matches for Id") } == 1,
                    "\(refused.errors)")
                Self.expectNothing(shop)
            }
            let json = try await shop.run(
                Self.build + ["--config", "policy/capsule.yaml", "--check", "--output", "json"])
            #expect(json.output.contains("\"trial-rejected\""), "\(json.output)")
            // Without the trial, only a promotion finds it.
            try expectSuccess(try await shop.build())
        }
    }

    @Test("rejects a chart that requires a value which one stage does not give", .needs("helm"))
    func required() async throws {
        let template = (HelmTests.chart["deploy/chart/templates/deployment.yaml"] ?? "")
            .replacing("{{ .Values.currency | quote }}", with: "{{ required \"set currency\" .Values.money | quote }}")
        try await Self.withChart(
            ["deploy/chart/templates/deployment.yaml": template],
            policy: ["apps/shop/envTypes/staging.values.yaml": "money: GBP\n"]
        ) { shop in
            let refused = try await shop.run(Self.build + ["--config", "policy/capsule.yaml", "--check"])
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(refused.errors.contains("cannot be rendered for canary, production;"), "\(refused.errors)")
            #expect(refused.errors.contains("set currency"), "\(refused.errors)")
            Self.expectNothing(shop)
            try await shop.changePolicy(["apps/shop/envTypes/production.values.yaml": "money: USD\n"], day: 7)
            try expectSuccess(try await shop.run(Self.build + ["--config", "policy/capsule.yaml", "--check"]))
        }
    }

    @Test("rejects a chart with a random value", .needs("helm"))
    func random() async throws {
        let secret = """
            apiVersion: v1
            kind: Secret
            metadata: {name: password}
            stringData: {password: {{ randAlphaNum 20 | quote }}}

            """
        try await Self.withChart(["deploy/chart/templates/secret.yaml": secret]) { shop in
            let refused = try await shop.run(Self.build + ["--config", "policy/capsule.yaml", "--check"])
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(refused.errors.contains("randAlphaNum"), "\(refused.errors)")
            Self.expectNothing(shop)
        }
    }

    @Test("renders a good chart for every stage", .needs("helm"))
    func goodChart() async throws {
        try await Self.withChart { shop in
            let checked = try await shop.run(Self.build + ["--config", "policy/capsule.yaml", "--check"])
            try expectSuccess(checked)
            #expect(
                checked.errors.contains("for staging (1 object), canary (1 object), production (1 object), with"),
                "\(checked.errors)")
            let values = try await shop.run(
                Self.build + ["--config", "policy/capsule.yaml", "--image-name", "web", "--check"])
            try expectSuccess(values)
        }
    }

    @Test("a wrong imageName is said by every build, with the images that the package has")
    func wrongImageName() async throws {
        try await Shop.with { shop in
            let refused = try await shop.run(
                Self.build + ["--config", "policy/capsule.yaml", "--image-name", "web-shop"])
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(
                refused.errors.contains(
                    "no container of the package has the image \"web-shop\"; the package has the images \"shop\""),
                "\(refused.errors)")
            #expect(refused.errors.contains("package.imageName"), "\(refused.errors)")
            Self.expectNothing(shop)
        }
    }

    @Test(
        "without a GitOps repository, build --check renders without policy, and publish says that it did not",
        .needs(anyOf: "kustomize", "kubectl"))
    func noPolicy() async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try writeFile(
                "\(shop.directory)/capsule.yaml",
                text.replacing("registry.example.com/shop/release", with: "oci:releases"))
            let checked = try await shop.run(Self.build + ["--check"])
            try expectSuccess(checked)
            #expect(checked.errors.contains("without environment policy"), "\(checked.errors)")
            #expect(checked.errors.contains("3 objects"), "\(checked.errors)")
            let publish = ["publish", "--source", "app", "--image", "oci:image"]
            let published = try await shop.run(publish)
            try expectSuccess(published)
            #expect(
                published.errors.contains("not rendered for trial: no GitOps repository is on this machine"),
                "\(published.errors)")
            let named = try await shop.run(publish + ["--gitops", "gitops.git"])
            try expectSuccess(named)
            #expect(named.errors.contains("production (3 objects), with"), "\(named.errors)")
            // A repository without the deployments of the stages.
            let absent = try await shop.run(Self.build + ["--gitops", "app", "--config", "capsule.yaml"])
            #expect(absent.status == 1, "\(absent.errors)")
            #expect(
                absent.errors.contains("cannot be rendered for trial: no stage has a deployment"), "\(absent.errors)")
            let without = try await shop.run(publish + ["--no-check"])
            try expectSuccess(without)
            #expect(!without.errors.contains("trial"), "\(without.errors)")
            let both = try await shop.run(publish + ["--no-check", "--check"])
            #expect(both.status == 64)
        }
    }

    @Test(
        "publish renders by default where capsule.yaml is in a GitOps repository, and publishes nothing that is rejected",
        .needs(anyOf: "kustomize", "kubectl"))
    func publish() async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await shop.changePolicy([
                "capsule.yaml": text.replacing("registry.example.com/shop/release", with: "oci:release"),
                "apps/shop/envTypes/production/kustomization.yaml": """
                apiVersion: kustomize.config.k8s.io/v1alpha1
                kind: Component
                patches:
                  - patch: '[{op: add, path: /spec/template/spec/containers/0/image, value: "shop:replace-me"}]'
                    target: {kind: Deployment, name: another}
                  - patch: '[{op: remove, path: /spec/nothing}]'
                    target: {kind: Service}

                """,
            ])
            let publish = ["publish", "--source", "app", "--image", "oci:image", "--config", "policy/capsule.yaml"]
            let refused = try await shop.run(publish)
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(refused.errors.contains("cannot be rendered for canary, production;"), "\(refused.errors)")
            Self.expectNothing(shop)
            let published = try await shop.run(publish + ["--no-check"])
            try expectSuccess(published)
        }
    }

    @Test("without a renderer, publish warns and build --check fails")
    func noRenderer() async throws {
        try await Shop.with { shop in
            try await shop.linkPrograms(["git", "sh"], into: "bin")
            let path = ["PATH": "\(shop.directory)/bin"]
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await shop.changePolicy([
                "capsule.yaml": text.replacing("registry.example.com/shop/release", with: "oci:releases")
            ])
            let refused = try await shop.run(
                Self.build + ["--config", "policy/capsule.yaml", "--check"], environment: path)
            #expect(refused.status == 1, "\(refused.errors)")
            #expect(refused.errors.contains("a kustomize package needs a renderer"), "\(refused.errors)")
            Self.expectNothing(shop)
            let published = try await shop.run(
                ["publish", "--source", "app", "--image", "oci:image", "--config", "policy/capsule.yaml"],
                environment: path)
            try expectSuccess(published)
            #expect(
                published.errors.contains("not rendered for trial: a kustomize package needs a renderer"),
                "\(published.errors)")
        }
    }

    @Test(
        "a chart that needs values is rejected without them, with the advice to name the GitOps repository",
        .needs("helm"))
    func chartWithoutPolicy() async throws {
        let template = (HelmTests.chart["deploy/chart/templates/deployment.yaml"] ?? "")
            .replacing("{{ .Values.currency | quote }}", with: "{{ required \"set currency\" .Values.money | quote }}")
        try await Shop.with { first in
            let shop = try await first.release(
                day: 6, HelmTests.chart.merging(["deploy/chart/templates/deployment.yaml": template]) { $1 })
            let refused = try await shop.run(
                Self.build + [
                    "--package-kind", "helm", "--package-source", "deploy/chart", "--image-repository",
                    Shop.repository, "--check",
                ])
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(refused.errors.contains("set currency"), "\(refused.errors)")
            #expect(refused.errors.contains("--gitops"), "\(refused.errors)")
        }
    }
}
