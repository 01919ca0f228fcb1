import CapsuleCore
import CapsuleTestSupport
import Support
import Testing

@testable import Rendering

@Suite("Cutting a stream of manifests")
struct ManifestStreamTests {
    static func pod(_ name: String) -> String { "apiVersion: v1\nkind: Pod\nmetadata: {name: \(name)}\n" }

    static func rules(_ yaml: String, _ change: (inout RenderLimits) -> Void) -> [String] {
        var limits = RenderLimits()
        change(&limits)
        return ManifestStream.read(Array(yaml.utf8), namespace: "n", limits: limits).findings.map(\.rule)
    }

    @Test("takes as many objects as the limit says, and not one more")
    func objects() {
        let yaml = ["a", "b", "c"].map(Self.pod).joined(separator: "---\n")
        #expect(Self.rules(yaml) { $0.objects = 3 } == [])
        #expect(Self.rules(yaml) { $0.objects = 2 } == ["render.too-many-objects"])
    }

    @Test("takes an object as large as the limit says, and not one byte more")
    func size() {
        let yaml = Self.pod("a")
        #expect(Self.rules(yaml) { $0.objectSize = yaml.utf8.count } == [])
        #expect(Self.rules(yaml) { $0.objectSize = yaml.utf8.count - 1 } == ["render.object-size"])
    }

    @Test("takes as much policy as the limit says, and not one byte more", .needs(anyOf: "kustomize", "kubectl"))
    func policy() async throws {
        let input = try RenderFixture.input()
        var limits = RenderLimits()
        limits.policySize = input.policy.files.reduce(0) { $0 + $1.content.count }
        _ = try await Renderer(runner: RenderCounter(), cache: nil, limits: limits).render(input)
        limits.policySize -= 1
        let findings = try await RenderFixture.rejection(
            input, by: Renderer(runner: RenderCounter(), cache: nil, limits: limits))
        #expect(findings.map(\.rule) == ["render.policy-size"])
    }

    @Test(
        "cuts at lines that are three dashes, and nowhere else",
        arguments: [
            ("a\n---\nb\n", ["a\n", "b\n"]), ("---\na\n---\n", ["a\n"]), ("a\n--- \t\r\nb", ["a\n", "b"]),
            ("a\n ---\nb\n", ["a\n ---\nb\n"]), ("a\n----\nb\n", ["a\n----\nb\n"]),
            ("a\n--- b\n", ["a\n--- b\n"]), ("", []), ("# a\n---\n\n  # b\n", []), ("a\r\n---\r\nb", ["a\r\n", "b"]),
        ])
    func cuts(text: String, chunks: [String]) {
        #expect(ManifestStream.split(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } == chunks)
    }

    @Test("puts the namespace before the file's name only where there are several, as kustomize does")
    func namespaces() {
        func files(_ yaml: String) -> [String] {
            ManifestStream.read(Array(yaml.utf8), namespace: "own", limits: RenderLimits()).items
                .map(\.object.file.description)
        }
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: R}\n"
        let first = Self.pod("a, namespace: own")
        let bare = Self.pod("b")
        let second = Self.pod("a, namespace: other")
        #expect(
            files([first, bare, role].joined(separator: "---\n"))
                == ["rbac.authorization.k8s.io_v1_clusterrole_r.yaml", "v1_pod_a.yaml", "v1_pod_b.yaml"])
        #expect(
            files([first, bare, second, role].joined(separator: "---\n"))
                == [
                    "other_v1_pod_a.yaml", "own_v1_pod_a.yaml", "own_v1_pod_b.yaml",
                    "rbac.authorization.k8s.io_v1_clusterrole_r.yaml",
                ])
    }
}
