import Archive
import CapsuleTestSupport
import Rendering
import Testing

@Suite("A Helm release", .timeLimit(.minutes(2)), .needs("git", "helm"))
struct HelmTests {
    @Test("goes from commit to stage branch with the environment's values and the release's digest")
    func endToEnd() async throws {
        try await Shop.with { kustomize in
            let text = String(decoding: try readFile("\(kustomize.directory)/policy/capsule.yaml"), as: UTF8.self)
            let shop = try await kustomize.release(day: 6, Self.chart)
            let package = text.firstRange(of: "package:").map { text[$0.lowerBound...] } ?? ""
            let end = package.firstRange(of: "gitops:").map { package[..<$0.lowerBound] } ?? ""
            try await shop.changePolicy([
                "capsule.yaml": text.replacing(end, with: "package: {kind: helm, source: deploy/chart}\n"),
                "apps/shop/envTypes/staging.values.yaml": "replicas: 2\n",
                "apps/shop/deployments/staging/values.yaml": "currency: GBP\n",
            ])
            let built = try await shop.build()
            try expectSuccess(built)
            let promoted = try await shop.promote("staging")
            try expectSuccess(promoted)
            let manifests = try await shop.gitops(
                "grep", "-h", "", "stage/staging", "--", "apps/shop/deployments/staging/deploy")
            #expect(manifests.contains("replicas: 2"))
            #expect(manifests.contains("GBP"))
            #expect(manifests.contains("registry.example.com/shop/web:\(shop.tag)@sha256:"), "\(manifests)")
        }
    }

    @Test("holds subcharts as `helm dependency update` packs them, and is refused when one of them lacks a chart")
    func packed() async throws {
        try await Shop.with { shop in
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            let package = text.firstRange(of: "package:").map { text[$0.lowerBound...] } ?? ""
            let end = package.firstRange(of: "gitops:").map { package[..<$0.lowerBound] } ?? ""
            try await shop.changePolicy([
                "capsule.yaml": text.replacing(end, with: "package: {kind: helm, source: deploy/chart}\n"),
                "apps/shop/envTypes/staging.values.yaml": "redis: {size: 3}\n",
            ])
            let redis = "apiVersion: v2\nname: redis\nversion: 1.2.3\n"
            for (path, text) in [
                "Chart.yaml": redis, "values.yaml": "size: 1\nimage: {repository: redis, tag: \"7\"}\n",
                "templates/map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis}\n"
                    + "data: {size: \"{{ .Values.size }}\"}\n",
            ] { try writeFile("\(shop.directory)/app/deploy/redis/\(path)", text) }
            var chart = Self.chart
            chart["deploy/chart/Chart.yaml"] =
                "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
                + "dependencies:\n- {name: redis, version: ^1.0.0, repository: \"file://../redis\"}\n"
            for (path, text) in chart { try writeFile("\(shop.directory)/app/\(path)", text) }
            try await Tool.output(
                ["helm", "dependency", "update", "app/deploy/chart"], in: shop.directory,
                environment: ["HOME": "\(shop.directory)/home"])
            let release = try await shop.release(day: 6)
            let built = try await release.build()
            try expectSuccess(built)
            #expect(built.errors.contains("charts/redis-1.2.3.tgz/values.yaml:2: warning"), "\(built.errors)")
            let promoted = try await release.promote("staging")
            try expectSuccess(promoted)
            let manifests = try await shop.gitops("grep", "-h", "size:", "stage/staging")
            #expect(manifests.contains("3"), "\(manifests)")

            try writeFile("\(shop.directory)/app/deploy/redis/Chart.yaml", redis + "dependencies: [{name: common}]\n")
            try await Tool.output(
                ["tar", "-czf", "chart/charts/redis-1.2.3.tgz", "redis"], in: "\(shop.directory)/app/deploy")
            let refused = try await shop.release(day: 7).build()
            #expect(refused.status == 65, "\(refused.errors)")
            #expect(refused.errors.contains("charts/redis-1.2.3.tgz/Chart.yaml:4"), "\(refused.errors)")
        }
    }

    /// A shop whose package is a chart, with more in its configuration and its chart.
    private static func with(
        _ helm: String = "", chart files: [String: String] = [:], deployment: String = "",
        _ body: (Shop, Shop) async throws -> Void
    ) async throws {
        try await Shop.with { kustomize in
            let text = String(decoding: try readFile("\(kustomize.directory)/policy/capsule.yaml"), as: UTF8.self)
            let shop = try await kustomize.release(day: 6, Self.chart.merging(files) { $1 })
            try await shop.changePolicy([
                "capsule.yaml": configuration(text, helm),
                "apps/shop/envTypes/staging.values.yaml": "replicas: 2\n",
                "apps/shop/deployments/staging/deployment.yaml":
                    "envType: staging\nnamespace: shop-staging\n\(deployment)",
            ])
            try await body(kustomize, shop)
        }
    }

    static func configuration(_ kustomize: String, _ helm: String) -> String {
        let package = kustomize.firstRange(of: "package:").map { kustomize[$0.lowerBound...] } ?? ""
        let end = package.firstRange(of: "gitops:").map { package[..<$0.lowerBound] } ?? ""
        return kustomize.replacing(end, with: "package: {kind: helm, source: deploy/chart}\n\(helm)")
    }

    private static func manifests(_ shop: Shop) async throws -> String {
        try await shop.gitops("grep", "-h", "", "stage/staging", "--", "apps/shop/deployments/staging/deploy")
    }

    @Test("records the values of the image in the capsule, and a promotion sets those of the capsule")
    func recorded() async throws {
        let image = "{{ .Values.app.registry }}/{{ .Values.app.name }}:{{ .Values.app.version }}"
        let template = try #require(Self.chart["deploy/chart/templates/deployment.yaml"])
            .replacing("{{ .Values.image.repository }}:{{ .Values.image.tag }}", with: image)
        try await Self.with(
            "helm: {values: {app.registry: \"{registry}\", app.name: \"{path}\", app.version: \"{tag}\"}}\n",
            chart: ["deploy/chart/templates/deployment.yaml": template]
        ) { _, shop in
            let built = try await shop.build()
            try expectSuccess(built)
            #expect(!built.errors.contains("found in its values"), "\(built.errors)")
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await shop.changePolicy(["capsule.yaml": text.replacing("app.version", with: "app.other")], day: 7)
            try expectSuccess(try await shop.promote("staging"))
            let manifests = try await Self.manifests(shop)
            #expect(manifests.contains("image: \"registry.example.com/shop/web:\(shop.tag)@sha256:"), "\(manifests)")
            try expectSuccess(try await shop.run("verify", "oci:release:\(shop.tag)", "--image", "oci:image"))
            let unpacked = try await shop.run(
                "unpack", "oci:release:\(shop.tag)", "--image", "oci:image", "--to", "unpacked")
            try expectSuccess(unpacked)
            let release = String(decoding: try readFile("\(shop.directory)/unpacked/release.yaml"), as: UTF8.self)
            #expect(release.contains("  values:\n    app.name: \"{path}\"\n"), "\(release)")
        }
    }

    @Test("says which values it found, when it builds and when it renders")
    func found() async throws {
        try await Self.with { _, shop in
            let built = try await shop.build()
            try expectSuccess(built)
            #expect(
                built.errors.contains("image.repository={repository}, image.tag={tag}, found in its values"),
                "\(built.errors)")
            let rendered = try await shop.run(
                "render", "oci:release:\(shop.tag)", "--image", "oci:image", "--deployment", "staging", "--gitops",
                "\(shop.directory)/gitops.git", "--to", "out")
            try expectSuccess(rendered)
            #expect(rendered.errors.contains("image.repository={repository}, image.tag={tag}"), "\(rendered.errors)")
        }
    }

    private static let secret = [
        "deploy/chart/templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData:\n"
            + "  password: {{ .Values.password | default (randAlphaNum 20) }}\n"
    ]

    @Test("is rejected when it makes a password, and renders with the value that the message names")
    func random() async throws {
        try await Self.with(chart: Self.secret) { _, shop in
            try expectSuccess(try await shop.build())
            let refused = try await shop.promote("staging")
            #expect(refused.status == 65, "\(refused.errors)")
            for text in ["stringData.password", "randAlphaNum", "set the value password"] {
                #expect((refused.output + refused.errors).contains(text), "\(refused.output)\(refused.errors)")
            }
            try await shop.changePolicy(["apps/shop/envTypes/staging.values.yaml": "password: secret\n"], day: 7)
            try expectSuccess(try await shop.promote("staging"))
        }
    }

    @Test("may make a password where the deployment allows it, and audit compares every other byte")
    func allowed() async throws {
        try await Self.with(chart: Self.secret, deployment: "allowRandom: [Secret/db stringData.password]\n") {
            _, shop in
            try expectSuccess(try await shop.build())
            try expectSuccess(try await shop.promote("staging"))
            let audit = [
                "audit", "--stage", "staging", "--gitops", "\(shop.directory)/gitops.git", "--image", "oci:image",
            ]
            // Another cache: the audit renders the chart itself, and gets another password.
            let fresh = ["XDG_CACHE_HOME": "\(shop.directory)/other"]
            let same = try await shop.run(audit, environment: fresh)
            try expectSuccess(same)
            #expect(same.output.contains("reproduced"), "\(same.output)")
            for (file, old, new) in [
                ("v1_secret_db.yaml", "kind: Secret", "kind: Secret # edited"),
                ("apps_v1_deployment_staging-shop.yaml", "replicas: 2", "replicas: 3"),
            ] {
                let clone = "\(shop.directory)/clone-\(new.count)"
                try await Tool.output([
                    "git", "clone", "-q", "-b", "stage/staging", "\(shop.directory)/gitops.git", clone,
                ])
                let path = "\(clone)/apps/shop/deployments/staging/deploy/\(file)"
                let text = String(decoding: try readFile(path), as: UTF8.self)
                try writeFile(path, text.replacing(old, with: new))
                try await fit(clone)
                _ = try await Shop.commit("Edit", in: clone, day: 8)
                try await Tool.output(["git", "push", "-q", "origin", "HEAD:stage/staging"], in: clone)
                let edited = try await shop.run(audit, environment: fresh)
                #expect(edited.status == 65, "\(file): \(edited.output)")
                try await Tool.output(
                    ["git", "push", "-q", "-f", "origin", "HEAD~1:stage/staging"], in: clone)
            }
        }
    }

    @Test("may have hooks whose names are generated: promoted, compared, audited")
    func generatedNames() async throws {
        func job(_ argument: String) -> String {
            """
            ---
            apiVersion: batch/v1
            kind: Job
            metadata:
              generateName: migrate-
              annotations: {"helm.sh/hook": "pre-install,pre-upgrade"}
            spec:
              template:
                spec:
                  containers:
                    - name: migrate
                      image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
                      args: [\(argument)]

            """
        }
        let path = "deploy/chart/templates/jobs.yaml"
        try await Self.with(chart: [path: job("first") + job("second")]) { _, shop in
            try expectSuccess(try await shop.build())
            let promoted = try await shop.promote("staging")
            try expectSuccess(promoted)
            #expect(promoted.output.contains("+ Job migrate-* (2)"), "\(promoted.output)")
            #expect(promoted.output.contains("Argo CD gives both hooks"), "\(promoted.output)")
            let files = try await shop.gitops("ls-tree", "-r", "--name-only", "stage/staging")
            for number in [1, 2] { #expect(files.contains("/batch_v1_job_migrate-_\(number).yaml"), "\(files)") }
            let policy = ["--gitops", "\(shop.directory)/gitops.git", "--image", "oci:image"]
            let audit = try await shop.run(
                ["audit", "--stage", "staging"] + policy, environment: ["XDG_CACHE_HOME": "\(shop.directory)/other"])
            try expectSuccess(audit)
            #expect(audit.output.contains("reproduced"), "\(audit.output)")
            try expectSuccess(try await shop.run(["status"] + policy.prefix(2)))
            let next = try await shop.release(day: 7, [path: job("first") + job("third")])
            try expectSuccess(try await next.build())
            let diff = try await next.run(
                ["diff", "oci:release:\(next.tag)", "--stage", "staging"] + policy)
            try expectSuccess(diff)
            #expect(diff.output.contains("~ Job migrate-* (2)"), "\(diff.output)")
            #expect(diff.output.contains("third"), "\(diff.output)")
        }
    }

    @Test("that does not render is 65, with the message of the chart, its place and the file to set the value in")
    func refusedByHelm() async throws {
        let template =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db}\n"
            + "data: {host: {{ required \"name the database\" .Values.database }}}\n"
        try await Self.with(chart: ["deploy/chart/templates/db.yaml": template]) { _, shop in
            try expectSuccess(try await shop.build())
            let refused = try await shop.promote("staging")
            #expect(refused.status == 65, "\(refused.errors)")
            for text in [
                "package/helm/templates/db.yaml:4", "name the database", "set database in envTypes/staging.values.yaml",
            ] { #expect(refused.output.contains(text), "\(text): \(refused.output)") }
            try await shop.changePolicy(["apps/shop/envTypes/staging.values.yaml": "database: db\n"], day: 7)
            try expectSuccess(try await shop.promote("staging"))
        }
    }

    /// Makes the record of a stage fit edited files.
    private func fit(_ clone: String) async throws {
        let directory = "\(clone)/apps/shop/deployments/staging"
        let digest = try await Tool.output(
            [
                "sh", "-c",
                "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum | cut -d' ' -f1",
            ], in: "\(directory)/deploy")
        let path = "\(directory)/release-metadata.yaml"
        let lines = String(decoding: try readFile(path), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        let index = try #require(lines.lastIndex { $0.hasPrefix("  digest:") })
        var edited = lines
        edited[index] = "  digest: sha256:\(digest)"
        try writeFile(path, edited.joined(separator: "\n"))
    }

    static let chart = [
        "deploy/chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        "deploy/chart/values.yaml": "replicas: 1\ncurrency: EUR\nimage: {repository: shop, tag: latest}\n",
        "deploy/chart/templates/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: {{ .Release.Name }}-shop
        spec:
          replicas: {{ .Values.replicas }}
          selector:
            matchLabels: {app: shop}
          template:
            metadata:
              labels: {app: shop}
            spec:
              containers:
                - name: web
                  image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
                  env:
                    - {name: CURRENCY, value: {{ .Values.currency | quote }}}

        """,
    ]
}
