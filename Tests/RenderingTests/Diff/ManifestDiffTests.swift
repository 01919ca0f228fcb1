import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import Testing

@testable import DeliveryConfiguration
@testable import Rendering

@Suite("Manifest diff")
struct ManifestDiffTests {
    static let deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: staging
          labels: {app.kubernetes.io/name: web}
        spec:
          replicas: 2
          template:
            spec:
              containers:
                - name: web
                  image: registry.example.com/shop@sha256:aaaa
                  args: [serve, --port, "80"]
                  env:
                    - {name: MODE, value: staging}
                    - {name: OLD, value: "1"}
                - name: sidecar
                  image: registry.example.com/proxy@sha256:cccc

        """
    static let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: staging}\nspec: {ports: [{port: 80}]}\n"
    static let secret =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: staging}\ndata: {a: b25l, gone: eA==}\ntype: Opaque\n"
    static let config = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: text, namespace: staging}
        data:
          enabled: "true"
          nginx.conf: |
            server {
              listen 80;
              root /srv;
            }

        """

    static let old = [
        "apps_v1_deployment_web.yaml": deployment, "v1_service_web.yaml": service, "v1_secret_keys.yaml": secret,
        "v1_configmap_text.yaml": config,
        "batch_v1_job_once.yaml": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once, namespace: staging}\n",
    ]
    static let new: [String: String] = [
        "apps_v1_deployment_web.yaml": deployment.replacing("sha256:aaaa", with: "sha256:bbbb")
            .replacing("replicas: 2", with: "replicas: 3").replacing(
                "- {name: OLD, value: \"1\"}", with: "- {name: NEW, value: \"\"}"
            )
            .replacing("[serve, --port, \"80\"]", with: "[serve, --quiet, --port, \"80\"]")
            .replacing("labels: {app.kubernetes.io/name: web}", with: "labels: {app.kubernetes.io/name: shop}"),
        "v1_service_web.yaml": service,
        "v1_secret_keys.yaml":
            "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: staging}\ndata: {a: dHdv, b: eQ==}\nstringData: {c: hunter2}\ntype: kubernetes.io/tls\n",
        "v1_configmap_text.yaml": config.replacing("listen 80;", with: "listen 8080;").replacing(
            "\"true\"", with: "true"),
        "autoscaling_v2_horizontalpodautoscaler_web.yaml":
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web, namespace: staging}\nspec: {maxReplicas: 3}\n",
    ]

    static func diff(_ old: [String: String], _ new: [String: String]) throws -> ManifestDiff {
        ManifestDiff.between(try RenderFixture.files(old), try RenderFixture.files(new))
    }

    static func json(_ diff: ManifestDiff) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(diff), as: UTF8.self) + "\n"
    }

    @Test("reads as JSON, and is read from it")
    func golden() throws {
        let diff = try Self.diff(Self.old, Self.new)
        try expectGolden(try Self.json(diff), "diff.json")
        let again = try JSONDecoder().decode(ManifestDiff.self, from: Data(Self.json(diff).utf8))
        #expect(again == diff)
    }

    @Test("holds nothing of what a Secret holds")
    func secrets() throws {
        let diff = try Self.diff(Self.old, Self.new)
        let added = try Self.diff([:], Self.new)
        let annotated = Self.secret.replacing(
            "metadata: {",
            with: "metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: 'hunter2'}, ")
        let more = try Self.diff(["s.yaml": Self.secret], ["s.yaml": annotated])
        let several = try Self.diff(["s.yaml": Self.secret + "---\n" + Self.service], ["s.yaml": Self.secret + "---\n"])
        for diff in [diff, added, more, several] {
            let text = try Self.json(diff)
            for value in ["hunter2", "b25l", "dHdv", "eQ==", "eA=="] { #expect(!text.contains(value)) }
        }
        #expect(more.objects.first?.fields.count == 1)
    }

    @Test("finds none between equal sets, and names a change of text alone")
    func same() throws {
        let none = try Self.diff(Self.old, Self.old)
        #expect(none.isEmpty)
        let comment = try Self.diff(["a.yaml": Self.service], ["a.yaml": "# a comment\n" + Self.service])
        #expect(comment.objects.map(\.change) == [.changed])
        #expect(comment.objects.first?.fields == [])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let old: String
        let new: String
        let fields: [String]
    }

    static let cases: [Case] = [
        Case(testDescription: "a number and its text", old: "1", new: "\"1\"", fields: ["spec: 1 → \"1\""]),
        Case(testDescription: "quotes around a word", old: "word", new: "\"word\"", fields: []),
        Case(
            testDescription: "a scalar that becomes a mapping", old: "a", new: "{b: c}",
            fields: ["spec: a → nil", "spec.b: nil → c"]),
        Case(testDescription: "an empty list", old: "[]", new: "[x]", fields: ["spec[0]: nil → x"]),
        Case(
            testDescription: "a mapping that goes away", old: "{a: {b: 1, c: []}}", new: "{}",
            fields: ["spec.a.b: 1 → nil", "spec.a.c: [] → nil"]),
        Case(
            testDescription: "an element in the middle", old: "[a, b, c]", new: "[a, x, b, c]",
            fields: ["spec[1]: nil → x"]),
        Case(
            testDescription: "named elements in another order", old: "[{name: a}, {name: b}]",
            new: "[{name: b}, {name: a}]", fields: ["spec: a, b → b, a"]),
        Case(
            testDescription: "elements with the same name", old: "[{name: a, v: 1}, {name: a, v: 2}]",
            new: "[{name: a, v: 1}, {name: a, v: 3}]", fields: ["spec[1].v: 2 → 3"]),
        Case(testDescription: "keys in another order", old: "{a: 1, b: 2}", new: "{b: 2, a: 1}", fields: []),
        Case(
            testDescription: "a key with dots", old: "{a.b/c: 1}", new: "{a.b/c: 2}", fields: ["spec[\"a.b/c\"]: 1 → 2"]
        ),
        Case(testDescription: "null and nothing", old: "{a: null}", new: "{}", fields: ["spec.a: null → nil"]),
    ]

    @Test("compares values, not spellings", arguments: cases)
    func fields(_ item: Case) throws {
        let head = "apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: "
        let diff = try Self.diff(["a.yaml": head + item.old], ["a.yaml": head + item.new])
        let fields = diff.objects.flatMap(\.fields).map { "\($0.path): \($0.old ?? "nil") → \($0.new ?? "nil")" }
        #expect(fields == item.fields)
    }

    @Test("follows an object to another file and another API version")
    func moved() throws {
        let old = [
            "a.yaml": "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: n}\n"
        ]
        let new = ["b.yaml": "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: n}\n"]
        let diff = try Self.diff(old, new)
        #expect(diff.objects.map(\.change) == [.changed])
        #expect(diff.objects.first?.fields.map(\.path) == ["apiVersion"])
        #expect(diff.objects.first?.file.description == "b.yaml")
    }

    @Test("shows files that are not objects as text")
    func notObjects() throws {
        let diff = try Self.diff(
            ["a.yaml": "a: [b"], ["a.yaml": "a: [c\nd", "b.yaml": "kind: List\napiVersion: v1\nitems: []"])
        #expect(diff.objects.map(\.name) == ["a.yaml", "b.yaml"])
        #expect(diff.objects.map(\.change) == [.changed, .added])
        #expect(diff.objects.first?.kind == nil)
    }

}
