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

    private static let chart = [
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
