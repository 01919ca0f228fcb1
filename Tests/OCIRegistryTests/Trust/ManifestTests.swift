import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Manifests", .timeLimit(.minutes(1)))
struct ManifestTests {
    private func withManifest<Result: Sendable>(
        _ faults: [Fault] = [], clock: TestClock = TestClock(),
        _ body: @Sendable (FakeRegistry, RegistryRepository, SampleArtifact) async throws -> Result
    ) async throws -> Result {
        try await withFakeRegistry(faults: faults) { registry in
            let sample = try await SampleArtifact()
            registry.add(manifest: sample.manifest.bytes, type: MediaType.imageManifest, tag: "v1")
            return try await withRegistryClient(.test(clock)) { client in
                try await body(registry, client.repository(registry.repository()), sample)
            }
        }
    }

    @Test("a tag resolves by HEAD to the descriptor of the content")
    func resolves() async throws {
        try await withManifest { registry, repository, sample async throws in
            #expect(try await repository.resolve(Tag("v1")) == sample.manifest.descriptor.target)
            #expect(
                try await repository.resolve(sample.manifest.descriptor.digest) == sample.manifest.descriptor.target)
            #expect(try await repository.resolve(Tag("v2")) == nil)
            #expect(try await repository.resolve(Digest.sha256(of: [1])) == nil)
            #expect(registry.requests("GET").isEmpty)
            let accept = registry.requests.first?.header("Accept") ?? ""
            for type in MediaType.manifests { #expect(accept.contains(type)) }
        }
    }

    @Test(
        "when HEAD lacks a header the manifest is read and hashed",
        arguments: ["Docker-Content-Digest", "Content-Type", "405"])
    func headSaysLittle(missing: String) async throws {
        let fault: Fault.Action =
            missing == "405"
            ? .answer(ScriptedResponse(405)) : .change { response in response.headers.removeAll { $0.name == missing } }
        try await withManifest([Fault("HEAD", "/manifests/", times: 9, fault)]) {
            registry, repository, sample async throws in
            #expect(try await repository.resolve(Tag("v1")) == sample.manifest.descriptor.target)
            #expect(registry.requests("GET").count == 1)
        }
    }

    @Test("a digest that resolves to another is rejected")
    func otherDigest() async throws {
        let other = "\(Digest.sha256(of: [7]))"
        let change = Fault.Action.change { response in
            response.headers = response.headers.map { $0.name == "Docker-Content-Digest" ? ($0.name, other) : $0 }
        }
        try await withManifest([Fault(nil, "/manifests/", times: 9, change)]) {
            registry, repository, sample async throws in
            let byDigest = await code { _ = try await repository.resolve(sample.manifest.descriptor.digest) }
            #expect(byDigest == .contentMismatch)
            let reading = await code { _ = try await repository.manifest(sample.manifest.descriptor) }
            #expect(reading == .contentMismatch)
        }
    }

    @Test(
        "C6: an invalid digest in a header is rejected",
        arguments: [
            "sha256:../../x", "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:ABC",
            "sha256:" + String(repeating: "a", count: 63),
        ])
    func badDigest(text: String) async throws {
        let change = Fault.Action.change { response in
            response.headers = response.headers.map { $0.name == "Docker-Content-Digest" ? ($0.name, text) : $0 }
        }
        try await withManifest([Fault("HEAD", "/manifests/", change)]) { registry, repository, _ async throws in
            #expect(await code { _ = try await repository.resolve(Tag("v1")) } == .protocolViolation)
            #expect(registry.requests.count == 1)
        }
    }

    @Test(
        "C7: a manifest with another Content-Type than its descriptor is rejected",
        arguments: ["text/html", MediaType.imageIndex])
    func contentType(type: String) async throws {
        let change = Fault.Action.change { response in
            response.headers = response.headers.map { $0.name == "Content-Type" ? ($0.name, type) : $0 }
        }
        try await withManifest([Fault("GET", "/manifests/", change)]) { _, repository, sample async throws in
            #expect(await code { _ = try await repository.manifest(sample.manifest.descriptor) } == .invalidManifest)
        }
    }

    @Test("C7: parameters and case of a Content-Type do not matter")
    func contentTypeForms() async throws {
        let change = Fault.Action.change { response in
            response.headers = response.headers.map {
                $0.name == "Content-Type" ? ($0.name, "Application/vnd.oci.image.manifest.v1+JSON; charset=utf-8") : $0
            }
        }
        try await withManifest([Fault(nil, "/manifests/", times: 9, change)]) { _, repository, sample async throws in
            let found = try #require(try await repository.resolve(Tag("v1")))
            #expect(found.mediaType == MediaType.imageManifest)
            #expect(try await repository.manifest(found).bytes == sample.manifest.bytes)
        }
    }

    @Test("C7: other media types do not resolve", arguments: ["text/html", "application/json"])
    func notAManifest(type: String) async throws {
        try await withFakeRegistry { registry in
            registry.add(manifest: Array("<html>".utf8), type: type, tag: "v1")
            try await withRegistryClient(.test()) { client in
                let code = await code { _ = try await client.repository(registry.repository()).resolve(Tag("v1")) }
                #expect(code == .invalidManifest)
            }
        }
    }

    @Test("C7: a document that is a manifest and an index is neither")
    func both() async throws {
        try await withFakeRegistry { registry in
            let text = """
                {"schemaVersion":2,"config":{"mediaType":"a/b","size":2,"digest":"\(Digest.sha256(of: [1]))"},"layers":[],\
                "manifests":[]}
                """
            registry.add(manifest: Array(text.utf8), type: MediaType.imageManifest, tag: "v1")
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let found = try #require(try await repository.resolve(Tag("v1")))
                let code = await code { _ = try await repository.manifest(found).imageManifest() }
                #expect(code == .invalidManifest)
            }
        }
    }

    @Test("C8: a manifest of 4 MiB is read, one byte more is not", arguments: [0, 1])
    func size(excess: Int) async throws {
        try await withFakeRegistry { registry in
            let bytes = [UInt8](repeating: 0x20, count: (4 << 20) + excess)
            registry.add(manifest: bytes, type: MediaType.imageManifest, tag: "v1")
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let code = await code {
                    let found = try #require(try await repository.resolve(Tag("v1")))
                    #expect(try await repository.manifest(found).bytes.count == bytes.count)
                }
                #expect(code == (excess == 0 ? nil : .tooLarge))
            }
            #expect(registry.requests("GET").count == 1 - excess)
        }
    }

    @Test("C8: an endless manifest is not read to its end")
    func endless() async throws {
        try await withManifest([
            Fault("HEAD", "/manifests/", .answer(ScriptedResponse(405))),
            Fault("GET", "/manifests/", .change { $0.isEndless = true }),
        ]) { _, repository, _ async throws in
            #expect(await code { _ = try await repository.resolve(Tag("v1")) } == .tooLarge)
        }
    }

    @Test("a tag that moves between two reads does not mix two manifests")
    func tagMoves() async throws {
        try await withManifest { registry, repository, sample async throws in
            let found = try #require(try await repository.resolve(Tag("v1")))
            let other = try await SampleArtifact("other")
            registry.add(manifest: other.manifest.bytes, type: MediaType.imageManifest, tag: "v1")
            #expect(try await repository.manifest(found).bytes == sample.manifest.bytes)
        }
    }

    @Test("a manifest PUT whose answer is lost is looked for, not sent again")
    func lostPut() async throws {
        let clock = TestClock()
        try await withManifest([Fault("PUT", "/manifests/", .loseAnswer)], clock: clock) {
            registry, repository, _ async throws in
            let other = try await SampleArtifact("other")
            try await repository.store(other.manifest.descriptor, from: other.store)
            #expect(registry.manifest("\(other.manifest.descriptor.digest)") == other.manifest.bytes)
            #expect(registry.requests("PUT").count == 1)
            #expect(clock.pauses.count == 1)
        }
    }

    @Test("a manifest PUT that did not arrive is sent again", arguments: [500, 503, 429, 0])
    func failedPut(status: Int) async throws {
        try await withManifest([Fault("PUT", "/manifests/", .answer(ScriptedResponse(status)))]) {
            registry, repository, _ async throws in
            let other = try await SampleArtifact("other")
            try await repository.store(other.manifest.descriptor, from: other.store)
            #expect(registry.manifest("\(other.manifest.descriptor.digest)") == other.manifest.bytes)
            #expect(
                registry.requests("PUT").map { $0.header("Content-Type") } == [
                    MediaType.imageManifest, MediaType.imageManifest,
                ])
        }
    }

    @Test("a registry that stored other content is an error")
    func storedOther() async throws {
        let other = "\(Digest.sha256(of: [7]))"
        try await withManifest([
            Fault(
                "PUT", "/manifests/",
                .change { response in
                    response.headers = response.headers.map {
                        $0.name == "Docker-Content-Digest" ? ($0.name, other) : $0
                    }
                })
        ]) { _, repository, sample async throws in
            #expect(
                await code { try await repository.tag(sample.manifest.descriptor, as: Tag("v2")) } == .contentMismatch)
        }
    }

    static let blobUnknown = [
        #"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}"#,
        #"{"errors":[{"code":"DIGEST_INVALID"},{"code":"MANIFEST_BLOB_UNKNOWN"}]}"#,
    ]

    @Test("a manifest whose content is missing for good says so", arguments: [400, 404], blobUnknown)
    func blobMissing(status: Int, body: String) async throws {
        let tries = RegistryRepository.blobWaits
        let fault = Fault("PUT", "/manifests/", times: tries, .answer(ScriptedResponse(status, text: body)))
        try await withManifest([fault]) {
            registry, repository, sample async throws in
            let error = await failure { try await repository.tag(sample.manifest.descriptor, as: Tag("v2")) }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("MANIFEST_BLOB_UNKNOWN") == true)
            #expect(registry.requests("PUT").count == tries)
        }
    }

    @Test(
        "a manifest is sent again to a registry that briefly misses its content",
        arguments: blobUnknown)
    func blobUnknownForAMoment(body: String) async throws {
        let fault = Fault("PUT", "/manifests/", times: 2, .answer(ScriptedResponse(400, text: body)))
        try await withManifest([fault]) { registry, repository, _ async throws in
            let other = try await SampleArtifact("other")
            try await repository.store(other.manifest.descriptor, from: other.store)
            #expect(registry.manifest("\(other.manifest.descriptor.digest)") == other.manifest.bytes)
            #expect(registry.requests("PUT").count == 3)
        }
    }
}
