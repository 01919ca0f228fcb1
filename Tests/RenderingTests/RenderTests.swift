import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import Support
import Testing

@testable import Rendering

@Suite("Rendering with kustomize", .needs(anyOf: "kustomize", "kubectl"), .timeLimit(.minutes(2)))
struct RenderTests {
    @Test("gives the files, byte for byte, that the renderer itself writes with -o")
    func sameAsOutputDirectory() async throws {
        var base = RenderFixture.base
        base["base/kustomization.yaml"]? += "configMapGenerator:\n  - name: text\n    files: [notes.txt]\n"
        base["base/notes.txt"] = "a\n---\nb: |\n  ---\n...\n# not a comment\n"
        let input = try RenderFixture.input(package: base)
        let rendered = try await RenderFixture.renderer.render(input)
        let invocation = try Invocation.plan(input, tool: rendered.renderer.name)
        try await withTemporaryDirectory { directory in
            for file in invocation.package + invocation.policy + invocation.written {
                try writeFile("\(directory)/\(file.path)", file.content)
            }
            try writeFile("\(directory)/out/.keep", "")
            try await Tool.output(
                [rendered.renderer.name] + invocation.arguments + ["-o", "out"], in: directory)
            let written = listTree("\(directory)/out").filter { $0 != ".keep" }
            #expect(written == rendered.files.map(\.path.description))
            for file in rendered.files {
                #expect(try readFile("\(directory)/out/\(file.path)") == file.content, "\(file.path)")
            }
        }
        #expect(rendered.objects.map(\.kind) == ["Deployment", "ConfigMap", "Service"])
    }

    @Test("is the same on every run and names its renderer")
    func repeatable() async throws {
        let first = try await RenderFixture.renderer.render(RenderFixture.input())
        let second = try await Renderer(runner: SystemCommandRunner(), cache: nil).render(RenderFixture.input())
        #expect(first.digest == second.digest)
        #expect(first.files == second.files)
        #expect(first.renderer == second.renderer)
        #expect(["kustomize", "kubectl"].contains(first.renderer.name))
        if first.renderer.name == "kubectl" {
            let said = try await Tool.output(["kubectl", "version", "--client"])
            for version in first.renderer.version.split(whereSeparator: { " ()".contains($0) })
            where version.hasPrefix("v") { #expect(said.contains(version), "\(said)") }
        }
        #expect(!first.isCached)
    }

    @Test("computes the rendered digest as coreutils do")
    func digest() async throws {
        let rendered = try await RenderFixture.renderer.render(RenderFixture.input())
        try await withTemporaryDirectory { directory in
            for file in rendered.files { try writeFile("\(directory)/\(file.path)", file.content) }
            let text = try await Tool.output(
                ["sh", "-c", "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum"],
                in: directory)
            #expect(text.hasPrefix(rendered.digest.hex))
        }
    }

    @Test("pins the release's other images, by their name in the package and by their repository")
    func otherImages() async throws {
        var base = RenderFixture.base
        base["base/kustomization.yaml"]? += "  - pod.yaml\n"
        base["base/pod.yaml"] = """
            apiVersion: v1
            kind: Pod
            metadata: {name: tools}
            spec:
              initContainers:
                - {name: a, image: worker}
              containers:
                - {name: b, image: "redis:7.4"}
                - {name: c, image: registry.example.com/acme/worker:v1}
            """
        let worker = try ReleaseManifest.Image(
            name: "worker", repoURL: Repository("registry.example.com/acme/worker"),
            tag: Tag("git-\(RenderFixture.commit)"), digest: Digest(RenderFixture.otherDigest))
        let redis = try ReleaseManifest.Image(
            name: "redis:7.4", repoURL: Repository("docker.io/library/redis"), tag: Tag("7.4"),
            digest: Digest("sha256:" + String(repeating: "c3", count: 32)))
        let rendered = try await RenderFixture.renderer.render(
            RenderFixture.input(package: base, images: [worker, redis]))
        let pod = try #require(rendered.files.first { $0.path.description == "v1_pod_tools.yaml" })
        let images = String(decoding: pod.content, as: UTF8.self).split(separator: "\n").filter {
            $0.contains("image:")
        }
        .map { $0.split(separator: " ").last.map(String.init) }
        #expect(
            Set(images) == [
                "registry.example.com/acme/worker@\(RenderFixture.otherDigest)",
                "docker.io/library/redis@sha256:" + String(repeating: "c3", count: 32),
            ])
        #expect(images.count == 3)
    }

    @Test("refuses two images that kustomize cannot tell apart")
    func ambiguous() async throws {
        let images = try ["7.4", "6"].map { tag in
            try ReleaseManifest.Image(
                name: "redis:\(tag)", repoURL: Repository("docker.io/library/redis"), tag: Tag(tag),
                digest: Digest.sha256(of: tag.utf8))
        }
        let findings = try await RenderFixture.rejection(RenderFixture.input(images: images))
        #expect(findings.map(\.rule) == ["render.ambiguous-image"])
    }

    @Test("refuses an environment type without policy, and says where it was looked for")
    func missingPolicy() async throws {
        let findings = try await RenderFixture.rejection(RenderFixture.input(deployment: "production"))
        #expect(findings.map(\.rule) == ["render.no-policy"])
        #expect(findings.first?.file == "envTypes/production/kustomization.yaml")
    }

    @Test("agrees with kustomize on what lives in a namespace")
    func scopes() async throws {
        var base = RenderFixture.base
        var names = ""
        for (table, prefix) in [(KubernetesScope.clusterKinds, "c"), (KubernetesScope.namespacedKinds, "n")] {
            for (group, kinds) in table {
                for kind in kinds {
                    let version =
                        kind == "PodSecurityPolicy" ? "v1beta1" : kind == "HorizontalPodAutoscaler" ? "v2" : "v1"
                    let name = "\(prefix)-\(kind.lowercased())"
                    base["base/\(group)\(name).yaml"] =
                        "apiVersion: \(group.isEmpty ? "" : group + "/")\(version)\nkind: \(kind)\nmetadata: {name: \(name)}\n"
                    names += "  - \(group)\(name).yaml\n"
                }
            }
        }
        base["base/kustomization.yaml"]? += names
        var options = RenderOptions()
        options.allowClusterScoped = true
        let rendered = try await RenderFixture.renderer.render(RenderFixture.input(package: base, options: options))
        let outside = rendered.objects.filter { $0.namespace == nil }
        #expect(outside.count > 15)
        #expect(outside.filter { KubernetesScope.of(group: $0.group, kind: $0.kind) != .cluster } == [])
    }

    @Test("leaves nothing behind", arguments: [true, false])
    func cleansUp(succeeds: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let renderer = Renderer(runner: SystemCommandRunner(), cache: nil, temporaryDirectory: directory)
            var policy = RenderFixture.policy
            // A patch that no object takes: kustomize itself fails.
            if !succeeds {
                policy["envTypes/staging/replicas.patch.yaml"] = "kind: X\napiVersion: v1\nmetadata: {name: y}"
            }
            let result = await Result { try await renderer.render(RenderFixture.input(policy: policy)) }
            #expect(((try? result.get()) != nil) == succeeds)
            if case .failure(let error) = result {
                let error = try #require(error as? RenderRejection)
                #expect(!error.description.contains(directory), "\(error)")
                #expect(error.description.contains("no matches for Id"), "\(error)")
            }
            #expect(listTree(directory) == [])
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
