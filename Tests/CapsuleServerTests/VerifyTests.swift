import CapsuleCore
import CapsuleTestSupport
import Documents
import GitOps
import OCI
import Support
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("POST /verify", .timeLimit(.minutes(1))) struct VerifyTests {
    @Test("runs every check, and returns the release")
    func verified() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            let reply = try await service.verify(release.request())
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.json["ok"] == true)
            #expect(reply.json["reason"]?.string == "verified: 15 checks passed")
            #expect(reply.json["checks"]?.array?.count == 15)
            let answer = try #require(reply.json["release"])
            #expect(answer["gitCommit"]?.string == release.tag.description.replacing("git-", with: ""))
            #expect(answer["packageKind"]?.string == "kustomize")
            #expect(answer["packagePath"]?.string == "package/kustomize")
            #expect(answer["packageEntry"]?.string == "base")
            #expect(answer["imageName"]?.string == "shop")
            #expect(answer["packageDigest"]?.string?.hasPrefix("sha256:") == true)
            // What it answers can be said back.
            let again = try await service.verify(release.request(["release": answer]))
            #expect(again.status == 200, "\(again.text)")
        }
    }

    @Test(
        "compares the claim about the release, and rejects a wrong one",
        arguments: [
            ("packagePath", "package/../.."), ("packagePath", "/package/kustomize"), ("gitCommit", "f" + ""),
            ("packageKind", "helm"), ("packageEntry", "../base"), ("imageName", "other"),
            ("packageDigest", "sha256:00"),
        ])
    func claims(key: String, value: String) async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            let reply = try await service.verify(release.request(["release": .members([key: .string(value)])]))
            #expect(reply.status == 422, "\(reply.text)")
            #expect(reply.json["ok"] == false)
            #expect(reply.json["reason"]?.string?.hasPrefix("request.release: the request says \(key) is") == true)
            #expect(reply.json["checks"]?.array?.last?["status"]?.string == "fail")
        }
    }

    @Test("compares the nested form of release.yaml too")
    func nested() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            func claim(_ path: String) -> JSONValue {
                release.request([
                    "release": .members([
                        "package": .members([
                            "kind": "kustomize", "path": .string(path), "entry": "base", "imageName": "shop",
                        ]),
                        "image": .members(["digest": .string("\(release.image.descriptor.digest)")]),
                    ])
                ])
            }
            #expect(try await service.verify(claim("package/kustomize")).status == 200)
            let reply = try await service.verify(claim("package/../.."))
            #expect(reply.status == 422)
            #expect(reply.json["reason"]?.string?.contains("package.path") == true)
        }
    }

    @Test("rejects another digest, tag or repository, and names the check")
    func others() async throws {
        let release = try await TestRelease()
        let other = try await TestRelease(number: 2, text: "other")
        try await withTestService([release, other]) { service in
            let (image, capsule) = (release.image.descriptor.digest, release.capsule.digest)
            let wrong = Digest.sha256(of: "x".utf8)
            let cases: [(JSONValue, String)] = [
                (
                    release.request(["image": TestRelease.subject(TestRelease.imageRepository, release.tag, wrong)]),
                    "image.digest"
                ),
                (
                    release.request(["capsule": TestRelease.subject(TestRelease.capsuleRepository, release.tag, wrong)]
                    ), "capsule.digest"
                ),
                (
                    release.request([
                        "capsule": TestRelease.subject(TestRelease.capsuleRepository, release.tag, other.capsule.digest)
                    ]), "capsule.digest"
                ),
                (
                    release.request(["capsule": TestRelease.subject(TestRelease.capsuleRepository, other.tag, nil)]),
                    "identity.pair"
                ),
                (
                    release.request(["image": TestRelease.subject(TestRelease.imageRepository, other.tag, image)]),
                    "identity.pair"
                ),
                // The two repositories the wrong way round.
                (
                    release.request(["image": TestRelease.subject(TestRelease.capsuleRepository, release.tag, capsule)]
                    ), "image.repository"
                ),
            ]
            for (request, check) in cases {
                let reply = try await service.verify(request)
                #expect(reply.status == 422, "\(request.text) \(reply.text)")
                #expect(reply.json["reason"]?.string?.contains(check) == true, "\(reply.text)")
            }
        }
    }

    @Test("a repository that is not allowed is 403, and no registry is called")
    func forbidden() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            for repository in [
                "evil.example.com/shop/web", "registry.example.com/shopping/web", "169.254.169.254:80/shop",
            ] {
                for key in ["image", "capsule"] {
                    let reply = try await service.verify(
                        release.request([key: TestRelease.subject(repository, release.tag, release.capsule.digest)]))
                    #expect(reply.status == 403, "\(reply.text)")
                }
            }
            #expect(service.registry.total == 0)
        }
    }

    @Test(
        "a malformed body is 400 with the key",
        arguments: [
            ("", "JSON"), ("{}", "image is missing"), ("[]", "must be an object"),
            ("{\"image\":1}", "must be an object"),
            ("{\"image\":{},\"image\":{}}", "twice"), ("{\"image\":{\"repoURL\":\"x\"}}", "image.repoURL"),
            ("{\"image\":{\"repoURL\":\"oci:/etc\"}}", "image.repoURL"), ("{\"extra\":1}", "unknown key"),
            ("{\"image\":{\"repoURL\":\"a.b/c\",\"tag\":\"t\",\"digest\":\"sha256:../../x\"}}", "image.digest"),
            ("{\"image\":{\"repoURL\":\"a.b/c\",\"tag\":\"../t\",\"digest\":\"x\"}}", "image.tag"),
            ("{\"image\":{\"repoURL\":\"a.b/c\",\"tag\":\"t\"}}", "image.digest is missing"),
            (String(repeating: "[", count: 10_000), "nested deeper"), ("\u{FEFF}{}", ""), ("{} {}", ""),
        ])
    func malformed(body: String, complaint: String) async throws {
        try await withTestService([]) { service in
            let reply = try await service.tester.send("POST", "/verify", body: body)
            #expect(reply.status == 400, "\(reply.text)")
            #expect(reply.json["reason"]?.string?.contains(complaint) == true, "\(reply.text)")
        }
    }

    @Test("a registry that cannot be reached is 503 with Retry-After, never a verdict")
    func unavailable() async throws {
        let release = try await TestRelease()
        try await withTestService([release], configure: { $0.tagTTL = .zero }) { service in
            for code in [OCIError.Code.unavailable, .unauthorized] {
                service.registry.fail(with: OCIError(code, "registry.example.com does not answer"))
                let reply = try await service.verify(release.request())
                #expect(reply.status == 503, "\(reply.text)")
                #expect(reply.headers["retry-after"] != nil)
                #expect(reply.json["reason"]?.string == "registry.example.com does not answer")
            }
            service.registry.fail(with: nil)
            #expect(try await service.verify(release.request()).status == 200)
        }
    }

    @Test("a release that ten stages verify at once is pulled once, and verified once")
    func once() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            service.registry.hold()
            async let statuses = concurrently(Array(0..<10), width: 10) { _ in
                try await service.verify(release.request()).status
            }
            try await eventually("ten requests and this one") {
                try await service.tester.get("/metrics").text.contains("\ncapsule_connections 11\n")
            }
            service.registry.release()
            #expect(try await statuses == Array(repeating: 200, count: 10))
            // A manifest, a config and a layer.
            #expect(service.registry.count("content") == 3)
            #expect(service.registry.count("tag") == 2)
            let metrics = try await service.tester.get("/metrics").text
            #expect(metrics.contains("capsule_verdicts_total{result=\"ok\",source=\"chain\"} 1\n"), "\(metrics)")
            #expect(metrics.contains("capsule_verdicts_total{result=\"ok\",source=\"memory\"} 9\n"))
        }
    }

    @Test("a moved tag is noticed when its entry in the cache expires, and at once without a cache")
    func movedTag() async throws {
        let release = try await TestRelease()
        let other = try RawManifest(
            encoding: ImageManifest(
                config: Descriptor(mediaType: "application/vnd.oci.image.config.v1+json", content: Array("{ }".utf8)),
                layers: []))
        for seconds in [0, 1] {
            release.imageStore.add(release.image, tag: release.tag)
            try await withTestService([release], configure: { $0.tagTTL = .seconds(seconds) }) { service in
                #expect(try await service.verify(release.request()).status == 200)
                release.imageStore.add(other, tag: release.tag)
                if seconds > 0 {
                    service.clock.advance(by: .milliseconds(999))
                    #expect(try await service.verify(release.request()).status == 200)
                    service.clock.advance(by: .milliseconds(1))
                }
                let reply = try await service.verify(release.request())
                #expect(reply.status == 422)
                #expect(reply.json["reason"]?.string?.hasPrefix("image.digest") == true)
            }
        }
    }

    @Test("a render without an allowed Git repository is 403")
    func renderForbidden() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            let reply = try await service.verify(
                release.request([
                    "render": .members([
                        "stage": "staging",
                        "gitops": .members(["repository": "/etc", "commit": .string(String(repeating: "a", count: 40))]
                        ),
                    ])
                ]))
            #expect(reply.status == 403, "\(reply.text)")
            #expect(service.registry.total == 0)
        }
    }
}
