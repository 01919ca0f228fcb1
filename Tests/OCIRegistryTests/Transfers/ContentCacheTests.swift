import CapsuleTestSupport
import FoundationEssentials
import OCI
import OCIRegistry
import Testing

/// Content that was read once is not requested again, and nothing that a cache holds is trusted.
@Suite("Cached content", .timeLimit(.minutes(1)))
struct ContentCacheTests {
    /// A registry with an artifact under `v1`, and a directory for the cache.
    private func with(
        _ body: @Sendable (FakeRegistry, SampleArtifact, String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            try await withFakeRegistry { registry in
                let artifact = try await SampleArtifact()
                _ = try await withRegistryClient(.test()) { client in
                    try await copy(
                        artifact.manifest.descriptor, from: artifact.store,
                        to: client.repository(registry.repository()), tag: Tag("v1"))
                }
                try await body(registry, artifact, "\(directory)/cache/content")
            }
        }
    }

    /// Reads the artifact under `v1` with a client of its own. Returns the requests that this took.
    @discardableResult
    private func read(
        _ registry: FakeRegistry, _ directory: String, limit: Int = 256 << 20, repository: String = "team/shop"
    ) async throws -> [String] {
        let before = registry.requests.count
        try await withRegistryClient(.test { $0.cache = ContentCache(directory: directory, limit: limit) }) { client in
            let source = try client.repository(registry.repository(repository))
            let manifest = try #require(try await source.manifest(Tag("v1")))
            for child in try manifest.children() {
                let bytes = try await source.bytes(of: child, limit: 1 << 20)
                #expect(Digest.sha256(of: bytes) == child.digest)
            }
        }
        return registry.requests.dropFirst(before).map {
            "\($0.method) \($0.target.split(separator: "/").suffix(2).joined(separator: "/"))"
        }
    }

    private func files(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { !$0.hasPrefix(".") }.sorted()
    }

    @Test("is read from the disk; only the tag is looked up again")
    func warm() async throws {
        try await with { registry, _, directory in
            let cold = try await read(registry, directory)
            #expect(cold.first == "GET manifests/v1" && cold.count == 4, "\(cold)")
            for _ in 0..<2 { #expect(try await read(registry, directory) == ["HEAD manifests/v1"]) }
        }
    }

    @Test("is that which the tag names now, and of this repository")
    func moved() async throws {
        try await with { registry, artifact, directory in
            try await read(registry, directory)
            let other = try await SampleArtifact("other")
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                _ = try await copy(other.manifest.descriptor, from: other.store, to: repository, tag: nil)
                try await repository.tag(other.manifest.descriptor, as: Tag("v1"))
            }
            let made = try await read(registry, directory)
            #expect(made.first == "HEAD manifests/v1", "\(made)")
            #expect(made.contains("GET manifests/\(other.manifest.descriptor.digest)"), "\(made)")
            // Whether a repository has a manifest is never answered from the cache.
            try await withRegistryClient(.test { $0.cache = ContentCache(directory: directory) }) { client in
                let elsewhere = try client.repository(registry.repository("team/elsewhere"))
                #expect(try await elsewhere.resolve(artifact.manifest.descriptor.digest) == nil)
                #expect(try await elsewhere.manifest(Tag("v1")) == nil)
            }
        }
    }

    @Test(
        "that was damaged, cut or planted is removed and requested again", arguments: ["flip", "cut", "link", "other"])
    func damaged(_ how: String) async throws {
        try await with { registry, _, directory in
            let cold = try await read(registry, directory)
            for name in try files(directory) where !name.hasPrefix("tag-") {
                let path = "\(directory)/\(name)"
                var bytes = try readFile(path)
                switch how {
                case "flip": bytes[bytes.count / 2] ^= 1
                case "cut": bytes.removeLast()
                case "link":
                    try writeFile("\(directory)/../elsewhere", bytes)
                    try FileManager.default.removeItem(atPath: path)
                    try FileManager.default.createSymbolicLink(
                        atPath: path, withDestinationPath: "\(directory)/../elsewhere")
                    continue
                default: bytes = Array("{}".utf8)
                }
                try writeFile(path, bytes)
            }
            #expect(try await read(registry, directory).count == cold.count + 1)
            #expect(try await read(registry, directory) == ["HEAD manifests/v1"])
        }
    }

    @Test("is not read from a directory that others can write, and not written there", arguments: ["open", "file"])
    func untrusted(_ how: String) async throws {
        try await with { registry, _, directory in
            let cold = try await read(registry, directory)
            if how == "open" {
                try await Tool.output(["chmod", "o+w", directory])
            } else {
                try FileManager.default.removeItem(atPath: directory)
                try writeFile(directory, "a file")
            }
            for _ in 0..<2 { #expect(try await read(registry, directory) == cold) }
        }
    }

    @Test("makes room for new content, and a limit too small for it only costs requests")
    func limit() async throws {
        try await with { registry, _, directory in
            let cold = try await read(registry, directory)
            for _ in 0..<2 { #expect(try await read(registry, "\(directory)-small", limit: 8).count >= cold.count) }
            for number in 0..<20 {
                try writeFile("\(directory)/sha256-\(number)", [UInt8](repeating: 0, count: 1_000))
                try await Tool.output(["touch", "-d", "2020-01-01", "\(directory)/sha256-\(number)"])
            }
            try FileManager.default.removeItem(
                atPath: "\(directory)/\(try #require(files(directory).first { $0.hasPrefix("tag-") }))")
            try await read(registry, directory, limit: 16_000)
            #expect(try files(directory).count { $0.utf8.count < 12 } < 20)
            #expect(try await read(registry, directory) == ["HEAD manifests/v1"])
        }
    }

    @Test("of a list is one file, and a tag that still names the same manifest costs one request without it")
    func listed() async throws {
        try await with { registry, artifact, directory in
            let digest = artifact.manifest.descriptor.digest
            try await withRegistryClient(.test { $0.cache = ContentCache(directory: directory) }) { client in
                let source = try client.repository(registry.repository())
                /// What `v1` names, and the requests for it, with the condition of each.
                func look(_ known: Digest?, _ faults: [Fault] = []) async throws -> (TaggedManifest, [String]) {
                    registry.fail(faults)
                    let before = registry.requests.count
                    let named = try await source.manifest(Tag("v1"), unless: known)
                    let made = registry.requests.dropFirst(before).map {
                        "\($0.method) \($0.header("If-None-Match") ?? "")"
                    }
                    return (named, made)
                }
                guard case (.manifest(let read), ["GET "]) = try await look(nil) else { throw Unexpected() }
                #expect(read.bytes == artifact.manifest.bytes)
                let condition = "HEAD \"\(digest)\""
                for faults in [[], [Fault("HEAD", "/manifests/", .answer(ScriptedResponse(304)))]] {
                    guard case (.unchanged, [condition]) = try await look(digest, faults) else { throw Unexpected() }
                }
                let refusal = Fault("HEAD", "/manifests/", .answer(ScriptedResponse(405)))
                guard case (.unchanged, [condition, "GET "]) = try await look(digest, [refusal]) else {
                    throw Unexpected()
                }
                let other = Digest.sha256(of: [])
                guard case (.manifest, ["HEAD \"\(other)\"", "GET "]) = try await look(other) else {
                    throw Unexpected()
                }
                guard case .missing = try await source.manifest(Tag("v2"), unless: digest) else { throw Unexpected() }
                // An answer to a condition that was not set is an error.
                registry.fail([Fault("HEAD", "/manifests/", .answer(ScriptedResponse(304)))])
                await #expect(throws: OCIError.self) { try await source.resolve(Tag("v1")) }

                #expect(await source.remembered().isEmpty)
                await source.remember([RememberedManifest(read, tag: try Tag("v1"), created: "2026")])
                #expect(try files(directory).map { String($0.prefix(5)) } == ["list-"])
                let kept = try #require(await source.remembered().first)
                #expect(kept.digest == digest && kept.manifest?.bytes == read.bytes && kept.created == "2026")
                let elsewhere = try client.repository(registry.repository("team/elsewhere"))
                #expect(await elsewhere.remembered().isEmpty)
            }
        }
    }

    private struct Unexpected: Error {}
}
