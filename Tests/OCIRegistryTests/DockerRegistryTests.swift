import CapsuleTestSupport
import Logging
import OCI
import OCIRegistry
import Support
import Synchronization
import Testing

@Suite("Against Debian's registry", .needs("docker-registry"), .timeLimit(.minutes(2)))
struct DockerRegistryTests {
    /// Runs `body` with a client that has `anna`'s password for the registry.
    @discardableResult
    private func withClient<Result: Sendable>(
        _ registry: DockerRegistry, _ change: @Sendable (inout RegistryConfiguration) -> Void = { _ in },
        _ body: @Sendable (RegistryClient) async throws -> Result
    ) async throws -> Result {
        var configuration = RegistryConfiguration(logger: quietLogger)
        configuration.credentials = FixedCredentials([registry.host: .basic(user: "anna", password: "p:w d")])
        configuration.trust.authorityFiles = registry.certificateFile.map { [$0] } ?? []
        configuration.plainHTTPOnLoopback = registry.certificateFile == nil
        change(&configuration)
        return try await withRegistryClient(configuration, body)
    }

    private func authentication(_ kind: String) -> RegistryAuthentication {
        switch kind {
        case "basic": .basic(user: "anna", password: "p:w d")
        case "token": .token(user: "anna", password: "p:w d", anonymousPull: false)
        default: .none
        }
    }

    @Test("pushes and pulls an artifact", arguments: ["none", "basic", "token"], [false, true])
    func roundTrip(kind: String, tls: Bool) async throws {
        try await withDockerRegistry(authentication: authentication(kind), tls: tls) { registry in
            let sample = try await SampleArtifact()
            let name = try Repository(registry.repository("team/shop"))
            try await withClient(registry) { client in
                let repository = client.repository(name)
                #expect(try await repository.resolve(Tag("v1")) == nil)
                try await copy(sample.manifest.descriptor, from: sample.store, to: repository, tag: Tag("v1"))
                #expect(try await repository.tags() == [Tag("v1")])
                let found = try #require(try await repository.resolve(Tag("v1")))
                #expect(found == sample.manifest.descriptor.target)
                #expect(try await repository.manifest(found).bytes == sample.manifest.bytes)
                for blob in sample.blobs {
                    #expect(try await repository.contains(blob))
                    #expect(try await Digest.sha256(of: read(blob, from: repository)) == blob.digest)
                }
            }
            if kind == "token" {
                // One to look, one to write: the rest of the run uses what it has.
                #expect(registry.tokenRequests().count == 2)
            }
        }
    }

    @Test("a tag that still names a known manifest is answered with 304, and a moved one with the new manifest")
    func unchanged() async throws {
        try await withDockerRegistry { registry in
            let (sample, other) = (try await SampleArtifact(), try await SampleArtifact("other"))
            let answers = Mutex<[String]>([])
            let logger = Logger(level: .debug) { event in
                guard let method = event.metadata["method"], let status = event.metadata["status"] else { return }
                answers.withLock { $0.append("\(method) \(status)") }
            }
            try await withClient(registry, { $0.logger = logger }) { client in
                let repository = client.repository(try Repository(registry.repository("team/shop")))
                let tag = try Tag("v1")
                func look() async throws -> (TaggedManifest, [String]) {
                    answers.withLock { $0 = [] }
                    let named = try await repository.manifest(tag, unless: sample.manifest.descriptor.digest)
                    return (named, answers.withLock { $0 })
                }
                try await copy(sample.manifest.descriptor, from: sample.store, to: repository, tag: tag)
                let (same, one) = try await look()
                guard case .unchanged = same else { throw OCIError(.contentMismatch, "\(same)") }
                #expect(one == ["HEAD 304"])
                _ = try await copy(other.manifest.descriptor, from: other.store, to: repository, tag: nil)
                try await repository.tag(other.manifest.descriptor, as: tag)
                let (moved, two) = try await look()
                guard case .manifest(let read) = moved else { throw OCIError(.contentMismatch, "\(moved)") }
                #expect(read.bytes == other.manifest.bytes && two == ["HEAD 200", "GET 200"])
            }
        }
    }

    @Test("a wrong password, and no password, are rejected with a remedy", arguments: ["basic", "token"])
    func refused(kind: String) async throws {
        try await withDockerRegistry(authentication: authentication(kind)) { registry in
            let name = try Repository(registry.repository("team/shop"))
            for credentials in [
                FixedCredentials([:]), FixedCredentials([registry.host: .basic(user: "anna", password: "x")]),
            ] {
                try await withClient(registry, { $0.credentials = credentials }) { client in
                    let error = await failure { _ = try await client.repository(name).resolve(Tag("v1")) }
                    #expect(error?.code == .unauthorized)
                    #expect(error?.message.contains("capsule login") == true)
                }
            }
        }
    }

    @Test("writing with read access alone is an error that says so")
    func anonymousPull() async throws {
        try await withDockerRegistry(authentication: .token(user: "anna", password: "pw", anonymousPull: true)) {
            registry in
            let name = try Repository(registry.repository("team/shop"))
            let sample = try await SampleArtifact()
            try await withClient(registry, { $0.credentials = NoCredentials() }) { client in
                let repository = client.repository(name)
                let found = try await repository.resolve(Tag("v1"))
                #expect(found == nil)
                let code = await code { try await repository.store(sample.blobs[0], from: sample.store) }
                #expect(code == .unauthorized)
            }
        }
    }

    @Test("skopeo reads what we wrote, and we read what skopeo wrote", .needs("skopeo"))
    func skopeo() async throws {
        try await withSharedRegistry { registry in
            let sample = try await SampleArtifact(layerSize: 0)
            try await withTemporaryDirectory { directory in
                try await withClient(registry) { client in
                    let ours = try client.repository(Repository(registry.repository("ours")))
                    try await copy(sample.manifest.descriptor, from: sample.store, to: ours, tag: Tag("v1"))
                    try await Tool.output([
                        "skopeo", "--insecure-policy", "--tmpdir", directory, "copy", "--preserve-digests",
                        "--src-tls-verify=false", "--dest-tls-verify=false",
                        "docker://\(registry.repository("ours")):v1", "docker://\(registry.repository("theirs")):v1",
                    ])
                    let theirs = try client.repository(Repository(registry.repository("theirs")))
                    let found = try #require(try await theirs.resolve(Tag("v1")))
                    #expect(found == sample.manifest.descriptor.target)
                    let copied = MemoryStore()
                    try await copy(found, from: theirs, to: copied, tag: nil)
                    for blob in sample.blobs { #expect(try await copied.contains(blob)) }
                }
            }
        }
    }

    @Test("a large blob is uploaded in chunks and downloaded whole")
    func chunks() async throws {
        try await withSharedRegistry { registry in
            let content = noise(5_000_000, seed: "chunks")
            let blob = Descriptor(mediaType: MediaType.layerTarGzip, content: content)
            let name = try Repository(registry.repository("team/shop"))
            try await withClient(
                registry,
                {
                    $0.uploads.monolithicLimit = 1_000_000
                    $0.uploads.chunkSize = 1_500_000
                }
            ) { client in
                let repository = client.repository(name)
                try await repository.store(blob, from: BytesSource(content))
                #expect(try await read(blob, from: repository) == content)
            }
        }
    }

    @Test("an upload survives broken connections", arguments: [true, false])
    func brokenUpload(chunked: Bool) async throws {
        try await withDockerRegistry { registry in
            try await withCuttingProxy(to: registry.port, cutting: .up, after: [1_200_000, 1_700_000]) { proxy in
                let content = noise(4_000_000, seed: "broken")
                let blob = Descriptor(mediaType: MediaType.layerTarGzip, content: content)
                let name = try Repository("\(proxy.host)/team/shop")
                try await withClient(
                    registry,
                    {
                        $0.uploads.monolithicLimit = chunked ? 1_000 : 10_000_000
                        $0.uploads.chunkSize = 500_000
                        $0.clock = TestClock()
                    }
                ) { client in
                    let repository = client.repository(name)
                    try await repository.store(blob, from: BytesSource(content))
                    #expect(try await read(blob, from: repository) == content)
                }
                #expect(proxy.cutCount == 2)
            }
        }
    }

    @Test("a download resumes after broken connections")
    func brokenDownload() async throws {
        try await withDockerRegistry { registry in
            let content = noise(4_000_000, seed: "broken")
            let blob = Descriptor(mediaType: MediaType.layerTarGzip, content: content)
            let name = try Repository(registry.repository("team/shop"))
            try await withClient(registry) { try await $0.repository(name).store(blob, from: BytesSource(content)) }
            try await withCuttingProxy(to: registry.port, cutting: .down, after: [1_500_000, 1_500_000]) { proxy in
                let name = try Repository("\(proxy.host)/team/shop")
                try await withClient(registry, { $0.clock = TestClock() }) { client in
                    let bytes = try await read(blob, from: client.repository(name))
                    #expect(bytes == content)
                }
                #expect(proxy.cutCount == 2)
            }
        }
    }

    @Test("a blob is mounted from another repository", arguments: ["none", "token"])
    func mount(kind: String) async throws {
        try await withDockerRegistry(authentication: authentication(kind)) { registry in
            let sample = try await SampleArtifact()
            let (one, two) = try (Repository(registry.repository("one")), Repository(registry.repository("two")))
            try await withClient(registry) { client in
                try await copy(
                    sample.manifest.descriptor, from: sample.store, to: client.repository(one), tag: Tag("v1"))
                let report = try await copy(
                    sample.manifest.descriptor, from: client.repository(one), to: client.repository(two), tag: Tag("v1")
                )
                #expect(report.mounted == sample.blobs.count)
            }
        }
    }

    @Test("referrers are kept under the fallback tag, by many clients at once", arguments: [2, 20])
    func referrers(writers: Int) async throws {
        try await withSharedRegistry { registry in
            let sample = try await SampleArtifact()
            let name = try Repository(registry.repository("team/shop"))
            try await withClient(registry) { client in
                try await copy(
                    sample.manifest.descriptor, from: sample.store, to: client.repository(name), tag: Tag("v1"))
            }
            let subject = sample.manifest.descriptor.target
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<writers {
                    group.addTask {
                        let attached = try await SampleArtifact(
                            "\(number)", subject: subject, type: "application/x.\(number)")
                        try await withClient(registry) { client in
                            try await copy(
                                attached.manifest.descriptor, from: attached.store, to: client.repository(name),
                                tag: nil)
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await withClient(registry) { client in
                let found = try await client.repository(name).referrers(of: subject.digest)
                #expect(Set(found.map(\.artifactType)) == Set((0..<writers).map { "application/x.\($0)" }))
            }
        }
    }
}
