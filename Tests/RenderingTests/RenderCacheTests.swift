import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Support
import Testing

@testable import Rendering

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite("Render cache", .timeLimit(.minutes(1)))
struct RenderCacheTests {
    @Test(
        "runs no program at all for an unchanged render, in a later process too",
        .needs(anyOf: "kustomize", "kubectl"))
    func unchanged() async throws {
        try await withTemporaryDirectory { directory in
            let first = RenderCounter()
            let cache = RenderCache(directory: "\(directory)/cache")
            let rendered = try await Renderer(runner: first, cache: cache).render(RenderFixture.input())
            #expect(first.renders == 1)
            #expect(!rendered.isCached)
            let second = RenderCounter()
            let again = try await Renderer(runner: second, cache: cache).render(RenderFixture.input())
            #expect(second.all == 0)
            #expect(again.isCached)
            #expect(again.files == rendered.files)
            #expect(again.renderer == rendered.renderer)
            #expect(again.objects == rendered.objects)
        }
    }

    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let isRelevant: Bool
        let input: @Sendable () throws -> RenderInput
    }

    static let changes: [Change] = [
        Change(testDescription: "a file of the package", isRelevant: true) {
            var base = RenderFixture.base
            base["base/service.yaml"] = base["base/service.yaml"]?.replacing("80", with: "81")
            return try RenderFixture.input(package: base)
        },
        Change(testDescription: "a file of the policy", isRelevant: true) {
            var policy = RenderFixture.policy
            policy["envTypes/staging/replicas.patch.yaml"]? += "# a comment\n"
            return try RenderFixture.input(policy: policy)
        },
        Change(testDescription: "the namespace", isRelevant: true) { try RenderFixture.input(namespace: "other") },
        Change(testDescription: "the name of the image in the package", isRelevant: true) {
            var base = RenderFixture.base
            base["base/deployment.yaml"] = base["base/deployment.yaml"]?.replacing("shop:latest", with: "store")
            return try RenderFixture.input(package: base, imageName: "store")
        },
        Change(testDescription: "another image of the release", isRelevant: true) {
            try RenderFixture.input(images: [
                ReleaseManifest.Image(
                    name: "redis", repoURL: Repository("docker.io/library/redis"), tag: Tag("7"),
                    digest: Digest(RenderFixture.otherDigest))
            ])
        },
        Change(testDescription: "policy of another environment", isRelevant: false) {
            let more = ["envTypes/production/kustomization.yaml": "kind: Component\n", "envTypes/staging/README": "x"]
            return try RenderFixture.input(policy: RenderFixture.policy.merging(more) { $1 })
        },
    ]

    @Test(
        "is not used when something that matters has changed", .needs(anyOf: "kustomize", "kubectl"),
        arguments: changes)
    func changed(_ change: Change) async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            _ = try await Renderer(runner: SystemCommandRunner(), cache: cache).render(RenderFixture.input())
            let runner = RenderCounter()
            let rendered = try await Renderer(runner: runner, cache: cache).render(change.input())
            #expect(runner.renders == (change.isRelevant ? 1 : 0))
            #expect(rendered.isCached != change.isRelevant)
        }
    }

    @Test("proves again what it holds: options that got stricter refuse it", .needs(anyOf: "kustomize", "kubectl"))
    func provesAgain() async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            var base = RenderFixture.base
            base["base/kustomization.yaml"]? += "  - role.yaml\n"
            base["base/role.yaml"] = """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {name: "acme:viewer"}

                """
            var options = RenderOptions()
            options.allowClusterScoped = true
            let renderer = Renderer(runner: SystemCommandRunner(), cache: cache)
            let rendered = try await renderer.render(RenderFixture.input(package: base, options: options))
            #expect(
                rendered.files.map(\.path.description).contains(
                    "rbac.authorization.k8s.io_v1_clusterrole_acme:viewer.yaml"))
            let findings = try await RenderFixture.rejection(RenderFixture.input(package: base), by: renderer)
            #expect(findings.map(\.rule) == ["render.cluster-scope"])
            #expect(findings.first?.file == "source/base/role.yaml")
            #expect(findings.first?.line == 2)
        }
    }

    @Test("takes an altered entry for none and removes it", arguments: ["flip", "cut", "grow", "empty", "other"])
    func altered(_ how: String) async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            let key = Digest.sha256(of: "key".utf8)
            let other = Digest.sha256(of: "other".utf8)
            cache.write(Array("content".utf8), key)
            cache.write(Array("other".utf8), other)
            let path = "\(directory)/cache/\(key.hex)"
            var bytes = try readFile(path)
            switch how {
            case "flip": bytes[bytes.count - 1] ^= 1
            case "cut": bytes.removeLast()
            case "grow": bytes.append(0)
            case "empty": bytes = []
            // A whole entry under another's name.
            default: bytes = try readFile("\(directory)/cache/\(other.hex)")
            }
            try writeFile(path, bytes)
            #expect(cache.read(key) == nil)
            #expect(!listTree("\(directory)/cache").contains(key.hex))
            #expect(cache.read(other) == Array("other".utf8))
        }
    }

    @Test(
        "takes a planted entry for none and removes it, however well it is made",
        arguments: ["digest", "other key", "old form", "symlink", "owner"])
    func planted(_ how: String) async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            let key = Digest.sha256(of: "key".utf8)
            let forged = Array("forged".utf8)
            cache.write(Array("content".utf8), key)
            let path = "\(directory)/cache/\(key.hex)"
            switch how {
            case "digest":
                let lines = try readFile(path).split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false)
                let digest = Array(Digest.sha256(of: Array("\(key)\n".utf8) + forged).hex.utf8)
                try writeFile(path, Array((lines.prefix(2) + [digest[...], forged[...]]).joined(separator: [0x0A])))
            case "other key":
                // A whole cache of another user, without its secret.
                RenderCache(directory: "\(directory)/other").write(forged, key)
                try writeFile(path, readFile("\(directory)/other/\(key.hex)"))
            case "old form":
                try writeFile(
                    path, Array("release-capsule render\n\(key)\n\(Digest.sha256(of: forged))\n".utf8) + forged)
            case "symlink":
                try await Tool.output(["mv", path, "\(directory)/moved"])
                try await Tool.output(["ln", "-s", "\(directory)/moved", path])
            default:
                guard geteuid() == 0 else { return }
                try await Tool.output(["chown", "65534", path])
            }
            #expect(cache.read(key) == nil)
            #expect(!listTree("\(directory)/cache").contains(key.hex))
            cache.write(Array("content".utf8), key)
            #expect(cache.read(key) == Array("content".utf8))
        }
    }

    @Test(
        "has a secret that only this user can read, and is empty without it",
        arguments: ["readable", "gone", "symlink", "linked", "short", "other", "owner"])
    func secret(_ how: String) async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            let key = Digest.sha256(of: "key".utf8)
            cache.write(Array("content".utf8), key)
            let path = "\(directory)/cache.key"
            let secret = try readFile(path)
            #expect(secret.count == 32)
            #expect(try SystemCall.status(of: path).permissions & 0o777 == 0o600)
            switch how {
            case "readable": try await Tool.output(["chmod", "640", path])
            case "gone": try await Tool.output(["rm", path])
            case "symlink":
                try await Tool.output(["mv", path, "\(directory)/moved"])
                try await Tool.output(["ln", "-s", "\(directory)/moved", path])
            case "linked": try await Tool.output(["ln", path, "\(directory)/second"])
            case "short": try writeFile(path, Array(secret.dropLast()))
            case "other": try writeFile(path, Array(secret.reversed()))
            default:
                guard geteuid() == 0 else { return }
                try await Tool.output(["chown", "65534", path])
            }
            #expect(cache.read(key) == nil)
            cache.write(Array("content".utf8), key)
            #expect(cache.read(key) == Array("content".utf8))
            #expect(try SystemCall.status(of: path).permissions & 0o777 == 0o600)
            #expect(try how == "other" || readFile(path) != secret)
            #expect(listTree(directory).filter { $0.hasPrefix("cache.key") } == ["cache.key"])
        }
    }

    @Test("is not used in a directory that other users can write", arguments: ["cache", "."])
    func open(_ place: String) async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            let key = Digest.sha256(of: "key".utf8)
            cache.write(Array("content".utf8), key)
            try await Tool.output(["chmod", "777", "\(directory)/\(place)"])
            #expect(cache.read(key) == nil)
            cache.write(Array("content".utf8), .sha256(of: "more".utf8))
            #expect(listTree("\(directory)/cache") == [key.hex])
            try await Tool.output(["chmod", "755", "\(directory)/\(place)"])
            #expect(cache.read(key) == Array("content".utf8))
        }
    }

    @Test("is left out by a renderer without a cache", .needs(anyOf: "kustomize", "kubectl"))
    func withoutCache() async throws {
        try await withTemporaryDirectory { directory in
            let counter = RenderCounter()
            let renderer = Renderer(runner: counter, cache: RenderCache(directory: "\(directory)/cache"))
            _ = try await renderer.render(RenderFixture.input())
            let before = listTree("\(directory)/cache")
            let again = try await renderer.withoutCache().render(RenderFixture.input())
            #expect(counter.renders == 2)
            #expect(!again.isCached)
            #expect(listTree("\(directory)/cache") == before)
        }
    }

    @Test("stays under its limit and drops what was not used for longest")
    func bounded() async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache", limit: 10_000)
            let keys = (0..<8).map { Digest.sha256(of: "\($0)".utf8) }
            for (index, key) in keys.enumerated() {
                cache.write(Array(repeating: 7, count: 1500), key)
                // Seconds apart in their times, without waiting.
                let time = Date(timeIntervalSince1970: Double(1_700_000_000 + index))
                try? FileManager.default.setAttributes(
                    [.modificationDate: time], ofItemAtPath: "\(directory)/cache/\(key.hex)")
                if index == 4 { #expect(cache.read(keys[0]) != nil) }
            }
            #expect(cache.read(keys[0]) != nil)
            #expect(cache.read(keys[1]) == nil)
            #expect(cache.read(keys[7]) != nil)
            let total = try listTree("\(directory)/cache").reduce(0) {
                try $0 + readFile("\(directory)/cache/\($1)").count
            }
            #expect(total <= 10_000)
            cache.write(Array(repeating: 7, count: 6000), Digest.sha256(of: "large".utf8))
            #expect(cache.read(.sha256(of: "large".utf8)) == nil)
        }
    }

    @Test("is whole for every reader while many write the same entries")
    func writers() async throws {
        try await withTemporaryDirectory { directory in
            let cache = RenderCache(directory: "\(directory)/cache")
            let keys = (0..<4).map { Digest.sha256(of: "\($0)".utf8) }
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        for round in 0..<40 {
                            let index = (writer + round) % 4
                            cache.write(Array(repeating: UInt8(index), count: 20_000), keys[index])
                            if let content = cache.read(keys[index]) {
                                #expect(content == Array(repeating: UInt8(index), count: 20_000))
                            }
                        }
                    }
                }
            }
            for (index, key) in keys.enumerated() { #expect(cache.read(key)?.first == UInt8(index)) }
            #expect(Set(listTree("\(directory)/cache")) == Set(keys.map(\.hex)))
        }
    }

    @Test("that cannot be written does not stop a render", .needs(anyOf: "kustomize", "kubectl"))
    func unwritable() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/file", "in the way")
            let cache = RenderCache(directory: "\(directory)/file/cache")
            let rendered = try await Renderer(runner: SystemCommandRunner(), cache: cache).render(RenderFixture.input())
            #expect(!rendered.isCached)
        }
    }
}
