import Archive
import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Testing

@Suite(
    "Registries by flags", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry", "openssl"))
struct RegistryFlagTests {
    @Test(
        "--ca-file trusts a private authority, on loopback too; without it the certificate or the protocol is the reason"
    )
    func privateAuthority() async throws {
        try await withDockerRegistry(tls: true) { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                let authority = try #require(registry.certificateFile)
                let copy = ["copy", "oci:release:\(shop.tag)", registry.repository("shop/release")]
                let plain = try await shop.run(copy)
                #expect(plain.status == 69, "\(plain.output)")
                #expect(plain.errors.contains("does not speak plain HTTP but TLS"), "\(plain.errors)")
                let trusted = try await shop.run(copy + ["--ca-file", authority])
                try expectSuccess(trusted)
                let listed = try await shop.run(
                    "list", registry.repository("shop/release"), "--ca-file", authority, "--output", "json")
                #expect(listed.output.contains(shop.tag), "\(listed.output)\(listed.errors)")
                // Another authority does not do.
                let other = try await TLSIdentity.make(in: "\(shop.directory)")
                let refused = try await shop.run(
                    "list", registry.repository("shop/release"), "--ca-file", other.certificateFile)
                #expect(refused.status == 69, "\(refused.errors)")
                #expect(
                    refused.errors.contains("certificate is signed by itself, and not trusted"), "\(refused.errors)")
                let missing = try await shop.run(
                    "list", registry.repository("shop/release"), "--ca-file", "nowhere.pem")
                #expect(missing.status != 0)
                #expect(missing.errors.contains("nowhere.pem"), "\(missing.errors)")
                let both = try await shop.run(
                    "list", registry.repository("shop/release"), "--ca-file", other.certificateFile, "--ca-file",
                    authority,
                    "--client-cert", other.certificateFile, "--client-key", other.keyFile)
                try expectSuccess(both)
                let mixed = try await shop.run(
                    "list", registry.repository("shop/release"), "--ca-file", authority, "--client-cert", authority,
                    "--client-key", other.keyFile)
                #expect(mixed.errors.contains("do not belong together; name one with --client-cert"), "\(mixed.errors)")
                let keyAlone = try await shop.run("list", registry.repository("shop/release"), "--client-key", "k.pem")
                #expect(keyAlone.status == 64, "\(keyAlone.errors)")
            }
        }
    }

    @Test("--upload-host permits a registry to direct uploads to another server, which gets no credentials")
    func uploadHost() async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(201) }) { storage in
            let location = [("Location", "\(storage.origin)/put")]
            let direct = Fault("POST", "/uploads/", times: 99, .answer(ScriptedResponse(202, headers: location)))
            try await withFakeRegistry(faults: [direct]) { registry in
                try await Shop.with { shop in
                    _ = try await shop.build()
                    let copy = ["copy", "oci:release:\(shop.tag)", "\(registry.host)/shop/release"]
                    let refused = try await shop.run(copy)
                    #expect(refused.status == 1, "\(refused.errors)")
                    #expect(refused.errors.contains("--upload-host \(storage.authority);"), "\(refused.errors)")
                    #expect(storage.requests.isEmpty)
                    try expectSuccess(try await shop.run(copy + ["--upload-host", storage.authority]))
                    #expect(storage.requests.allSatisfy { $0.method == "PUT" && $0.header("Authorization") == nil })
                    #expect(!storage.requests.isEmpty)
                }
            }
        }
    }

    @Test("a proxy's address that cannot be used ends only what is reached through it")
    func unusableProxy() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let proxy = ["https_proxy": "socks9://u:hunter2@proxy", "HTTP_PROXY": "ftp://proxy"]
            try expectSuccess(try await shop.run(["copy", "oci:release:\(shop.tag)", "oci:other"], environment: proxy))
            let doctor = try await shop.run(["doctor", "oci:release"], environment: proxy)
            try expectSuccess(doctor)
            let listed = try await shop.run(["list", "registry.example.com/a"], environment: proxy)
            #expect(listed.status == 64, "\(listed.errors)")
            #expect(listed.errors.contains("the proxy of https_proxy"), "\(listed.errors)")
            #expect(!listed.errors.contains("hunter2"))
        }
    }

    @Test(
        "--plain-http speaks http with a registry that is not on loopback, and only then",
        .enabled("needs a mount namespace, to give this machine another name") {
            try await Tool.run(["unshare", "--map-root-user", "--mount", "true"]).succeeded
        })
    func plainHTTP() async throws {
        try await withDockerRegistry { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                try writeFile("\(shop.directory)/hosts", "127.0.0.1 registry.test\n")
                func copy(_ options: String...) async throws -> Int32 {
                    let result = try await Tool.run(
                        [
                            "unshare", "--map-root-user", "--mount", "sh", "-c",
                            "mount --bind hosts /etc/hosts && exec \"$@\"", "sh", CapsuleProgram.path, "copy",
                            "oci:release:\(shop.tag)", "registry.test:\(registry.port)/shop/release",
                        ] + options, in: shop.directory)
                    return result.status
                }
                #expect(try await copy() == 69)
                #expect(try await copy("--plain-http", "other.test") == 69)
                #expect(try await copy("--plain-http", "registry.test:\(registry.port)") == 0)
                let there = try await shop.run("list", registry.repository("shop/release"))
                #expect(there.output.contains(shop.tag), "\(there.errors)")
            }
        }
    }

    @Test("--lock-images pins third parties to what their tags name when the capsule is built")
    func lockImages() async throws {
        try await withDockerRegistry { registry in
            try await Shop.with { shop in
                let cache = registry.repository("library/redis")
                let shop = try await shop.release(
                    day: 6, ["deploy/kustomize/base/cache.yaml": Self.pod("\(cache):7.4")])
                let listed = try await shop.release(
                    day: 7,
                    [
                        "deploy/kustomize/base/kustomization.yaml":
                            "resources: [deployment.yaml, service.yaml, cache.yaml]\n"
                            + "configMapGenerator: [{name: settings, files: [settings.ini]}]\n"
                    ])
                let floating = try await listed.build()
                try expectSuccess(floating)
                #expect(floating.errors.contains("redis:7.4"), "\(floating.errors)")
                let strict = try await listed.run(build(listed, "oci:strict", "--strict"))
                #expect(strict.status == 65, "\(strict.errors)")
                let nowhere = try await listed.run(build(listed, "oci:locked", "--lock-images"))
                #expect(nowhere.status == 1, "\(nowhere.errors)")
                #expect(nowhere.errors.contains("\(cache):7.4"), "\(nowhere.errors)")
                let pushed = try await listed.run("copy", "oci:image:\(shop.tag)", "\(cache):7.4")
                try expectSuccess(pushed)
                let digest = try #require(pushed.line.split(separator: "@").last)
                let locked = try await listed.run(build(listed, "oci:locked", "--lock-images", "--strict"))
                try expectSuccess(locked)
                // Two tags of one name cannot both be pinned.
                let both = try await listed.release(
                    day: 8,
                    [
                        "deploy/kustomize/base/cache.yaml": Self.pod("\(cache):7.4")
                            + "---\n" + Self.pod("\(cache):7.5").replacing("side", with: "other")
                    ])
                let second = try await both.run("copy", "oci:image:\(both.tag)", "\(cache):7.5")
                try expectSuccess(second)
                let ambiguous = try await both.run(build(both, "oci:both", "--lock-images"))
                #expect(ambiguous.status == 65, "\(ambiguous.errors)")
                #expect(ambiguous.errors.contains("two images have the name"), "\(ambiguous.errors)")
                // The tag goes away; the release stays what it is.
                try await Tool.output([
                    "rm", "-r", "\(registry.storage)/docker/registry/v2/repositories/library/redis/_manifests/tags/7.4",
                ])
                let promoted = try await listed.run(
                    "promote", "oci:locked:\(listed.tag)", "--gitops", "gitops.git", "--image", "oci:image", "--stage",
                    "staging")
                try expectSuccess(promoted)
                let images = try await listed.gitops("grep", "-h", "image:", "stage/staging")
                #expect(images.contains("\(cache)@\(digest)"), "\(images)")
                #expect(!images.contains(":7.4"), "\(images)")
            }
        }
    }

    @Test("further images of a release are looked up by its tag and pinned like the first")
    func furtherImages() async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                let worker = registry.repository("shop/worker")
                let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
                try await shop.changePolicy([
                    "capsule.yaml": text.replacing(
                        "  imageName: shop\n",
                        with: "  imageName: shop\n  images:\n    - {name: worker, repository: \(worker)}\n")
                ])
                let shop = try await shop.release(
                    day: 6,
                    [
                        "deploy/kustomize/base/worker.yaml": Self.pod("worker"),
                        "deploy/kustomize/base/kustomization.yaml":
                            "resources: [deployment.yaml, service.yaml, worker.yaml]\n"
                            + "configMapGenerator: [{name: settings, files: [settings.ini]}]\n",
                    ])
                let missing = try await shop.build()
                #expect(missing.status == 1, "\(missing.errors)")
                #expect(missing.errors.contains("\(worker):\(shop.tag)"), "\(missing.errors)")
                let pushed = try await shop.run("copy", "oci:image:\(shop.tag)", "\(worker):\(shop.tag)")
                try expectSuccess(pushed)
                let built = try await shop.build()
                try expectSuccess(built)
                let promoted = try await shop.promote("staging")
                try expectSuccess(promoted)
                let images = try await shop.gitops("grep", "-h", "image:", "stage/staging")
                #expect(images.contains("\(worker)@sha256:"), "\(images)")
                #expect(images.contains("\(Shop.repository)@sha256:"), "\(images)")
            }
        }
    }

    private func build(_ shop: Shop, _ place: String, _ options: String...) -> [String] {
        [
            "build", "--source", "app", "--config", "policy/capsule.yaml", "--image", "oci:image:\(shop.tag)", "--to",
            place,
        ]
            + options
    }

    private static func pod(_ image: String) -> String {
        "apiVersion: v1\nkind: Pod\nmetadata: {name: side}\nspec: {containers: [{name: side, image: \"\(image)\"}]}\n"
    }
}
