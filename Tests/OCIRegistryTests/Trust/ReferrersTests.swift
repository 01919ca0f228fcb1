import CapsuleTestSupport
import OCI
import OCIRegistry
import Testing

@Suite("Referrers", .timeLimit(.minutes(1)))
struct ReferrersTests {
    private var noAPI: FakeRegistryOptions {
        var options = FakeRegistryOptions()
        options.hasReferrers = false
        return options
    }

    /// A manifest that refers to `subject`.
    private func referrer(_ seed: String, to subject: Descriptor, type: String = "application/x.signature") throws
        -> RawManifest
    {
        let empty = Descriptor(mediaType: MediaType.emptyJSON, content: Array("{}".utf8))
        return try RawManifest(
            encoding: ImageManifest(
                artifactType: type, config: empty, layers: [empty], subject: subject.target,
                annotations: ["seed": seed]))
    }

    private func store(_ manifest: RawManifest, in repository: RegistryRepository) async throws {
        let store = MemoryStore()
        store.add(manifest)
        try await repository.store(manifest.descriptor, from: store)
    }

    @Test("all pages of the referrers API are read")
    func api() async throws {
        var options = FakeRegistryOptions()
        options.pageSize = 2
        try await withFakeRegistry(options) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            var expected: [Digest] = []
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                for number in 0..<5 {
                    let manifest = try referrer("\(number)", to: subject)
                    try await store(manifest, in: repository)
                    expected.append(manifest.descriptor.digest)
                }
                let found = try await repository.referrers(of: subject.digest)
                #expect(found.map(\.digest) == expected.sorted())
            }
        }
    }

    @Test("without the API the list is kept under the fallback tag, and read from there")
    func fallback() async throws {
        try await withFakeRegistry(noAPI) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            let manifests = try [referrer("a", to: subject), referrer("b", to: subject, type: "application/x.other")]
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                #expect(try await repository.referrers(of: subject.digest).isEmpty)
                for manifest in manifests + manifests { try await store(manifest, in: repository) }
                let found = try await repository.referrers(of: subject.digest)
                #expect(found == (try manifests.map { try $0.referrerDescriptor() }).sorted { $0.digest < $1.digest })
            }
            let tag = "sha256-\(subject.digest.hex)"
            let bytes = try #require(registry.manifest(tag))
            let index = try RawManifest(detecting: bytes).imageIndex()
            #expect(index.manifests.map(\.digest) == manifests.map(\.descriptor.digest))
            #expect(index.manifests.map(\.artifactType) == ["application/x.signature", "application/x.other"])
            #expect(index.manifests.map(\.annotations) == [["seed": "a"], ["seed": "b"]])
        }
    }

    @Test(
        "a copy that was killed between referrers and their list is completed by the next one",
        arguments: [(stored: 1, listed: 0), (stored: 2, listed: 0), (stored: 2, listed: 1)])
    func interrupted(stored: Int, listed: Int) async throws {
        try await withFakeRegistry(noAPI) { registry in
            let artifact = try await SampleArtifact()
            let subject = artifact.manifest.descriptor
            let manifests = try ["a", "b"].map { try referrer($0, to: subject) }
            let source = artifact.store
            for manifest in manifests { source.add(manifest) }
            let empty = Array("{}".utf8)
            try await source.store(Descriptor(mediaType: MediaType.emptyJSON, content: empty), from: BytesSource(empty))
            // What a killed copy left: manifests without their entries.
            for manifest in manifests.prefix(stored) {
                registry.add(manifest: manifest.bytes, type: MediaType.imageManifest)
            }
            if listed > 0 {
                let index = try RawManifest(
                    encoding: ImageIndex(manifests: manifests.prefix(listed).map { try $0.referrerDescriptor() }))
                registry.add(manifest: index.bytes, type: MediaType.imageIndex, tag: "sha256-\(subject.digest.hex)")
            }
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let report = try await copy(subject, from: source, to: repository, tag: Tag("v1"))
                #expect(report.attached == manifests.map(\.descriptor.digest).sorted())
                let found = try await repository.referrers(of: subject.digest)
                #expect(found.map(\.digest) == manifests.map(\.descriptor.digest).sorted())
            }
        }
    }

    @Test("entries of other writers are kept, unknown fields included")
    func keepsOthers() async throws {
        try await withFakeRegistry(noAPI) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            let other = Digest.sha256(of: [9])
            let text = """
                {"schemaVersion":2,"mediaType":"\(MediaType.imageIndex)","x-custom":{"a":[1,2.5,null,true]},"manifests":\
                [{"mediaType":"\(MediaType.imageManifest)","size":7,"digest":"\(other)","data":"e30=","urls":["u"]}]}
                """
            let tag = "sha256-\(subject.digest.hex)"
            registry.add(manifest: Array(text.utf8), type: MediaType.imageIndex, tag: tag)
            try await withRegistryClient(.test()) { client in
                try await store(referrer("a", to: subject), in: client.repository(registry.repository()))
            }
            let written = String(decoding: try #require(registry.manifest(tag)), as: UTF8.self)
            #expect(written.contains("\"x-custom\":{\"a\":[1,2.5,null,true]}"))
            #expect(written.contains("\"data\":\"e30=\""))
            #expect(written.contains("\"urls\":[\"u\"]"))
        }
    }

    @Test("artifact types come from the manifests, not from the list; unrelated and missing ones are left out")
    func lies() async throws {
        try await withFakeRegistry(noAPI) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            let mine = try referrer("a", to: subject, type: "application/x.harmless")
            let stranger = try referrer("b", to: Descriptor(mediaType: MediaType.imageManifest, content: [1]))
            let missing = try referrer("c", to: subject)
            for manifest in [mine, stranger] {
                registry.add(manifest: manifest.bytes, type: MediaType.imageManifest)
            }
            var listed = [mine, stranger, missing, mine].map(\.descriptor)
            for index in listed.indices { listed[index].artifactType = "application/x.signature" }
            listed.append(Descriptor(mediaType: "text/html", content: [2]))
            let index = try RawManifest(encoding: ImageIndex(manifests: listed))
            registry.add(manifest: index.bytes, type: MediaType.imageIndex, tag: "sha256-\(subject.digest.hex)")
            try await withRegistryClient(.test()) { client in
                let found = try await client.repository(registry.repository()).referrers(of: subject.digest)
                #expect(found == [try mine.referrerDescriptor()])
                #expect(found.first?.artifactType == "application/x.harmless")
            }
        }
    }

    @Test("a registry that lacks the API says so in many ways", arguments: [400, 404, 405, 406, 501, 200])
    func lacking(status: Int) async throws {
        var options = noAPI
        options.withoutReferrers = ScriptedResponse(
            status, headers: [("Content-Type", "text/html")], text: "<html>not here</html>")
        try await withFakeRegistry(options) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                #expect(try await repository.referrers(of: subject.digest).isEmpty)
                let manifest = try referrer("a", to: subject)
                try await store(manifest, in: repository)
                #expect(
                    try await repository.referrers(of: subject.digest).map(\.digest) == [manifest.descriptor.digest])
            }
        }
    }

    @Test("the fallback tag is read although the registry has the API, and each manifest is named once")
    func both() async throws {
        try await withFakeRegistry { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            let (here, elsewhere) = (try referrer("a", to: subject), try referrer("b", to: subject))
            let index = try RawManifest(encoding: ImageIndex(manifests: [here, elsewhere].map(\.descriptor)))
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                try await store(here, in: repository)
                registry.add(manifest: elsewhere.bytes, type: MediaType.imageManifest)
                registry.add(manifest: index.bytes, type: MediaType.imageIndex, tag: "sha256-\(subject.digest.hex)")
                let found = try await repository.referrers(of: subject.digest)
                #expect(found.map(\.digest) == [here, elsewhere].map(\.descriptor.digest).sorted())
            }
        }
    }

    @Test("a registry with the API that lists nothing gets the fallback tag", arguments: [true, false])
    func unlisted(namesSubjects: Bool) async throws {
        var options = FakeRegistryOptions()
        options.listsReferrers = false
        options.namesSubjects = namesSubjects
        try await withFakeRegistry(options) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            let manifest = try referrer("a", to: subject)
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                try await store(manifest, in: repository)
                #expect(
                    try await repository.referrers(of: subject.digest).map(\.digest) == [manifest.descriptor.digest])
            }
        }
    }

    @Test("a fallback tag that names a manifest and not a list is not one")
    func digestTag() async throws {
        var options = noAPI
        options.resolvesDigestTags = true
        try await withFakeRegistry(options) { registry in
            let artifact = try await SampleArtifact()
            registry.add(manifest: artifact.manifest.bytes, type: MediaType.imageManifest)
            try await withRegistryClient(.test()) { client in
                let found = try await client.repository(registry.repository()).referrers(
                    of: artifact.manifest.descriptor.digest)
                #expect(found.isEmpty)
            }
        }
    }

    @Test("any other answer is an error", arguments: [401, 403, 429, 500, 503])
    func errors(status: Int) async throws {
        try await withFakeRegistry(faults: [Fault("GET", "/referrers/", times: 99, .answer(ScriptedResponse(status)))])
        {
            registry in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let code = await code { _ = try await repository.referrers(of: Digest.sha256(of: [1])) }
                #expect(code != nil)
                if status >= 429 { #expect(code == .unavailable) }
            }
        }
    }

    @Test("an error while reading the fallback tag is an error", arguments: [403, 500])
    func fallbackErrors(status: Int) async throws {
        try await withFakeRegistry(
            noAPI, faults: [Fault("GET", "/manifests/sha256-", times: 99, .answer(ScriptedResponse(status)))]
        ) { registry in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let code = await code { _ = try await repository.referrers(of: Digest.sha256(of: [1])) }
                #expect(code == (status == 403 ? .unauthorized : .unavailable))
            }
        }
    }

    @Test("C8: more referrers than the limit are rejected, in the API and in the fallback", arguments: [true, false])
    func tooMany(hasAPI: Bool) async throws {
        try await withFakeRegistry(hasAPI ? .init() : noAPI) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            let manifests = try (0..<6).map { try referrer("\($0)", to: subject) }
            for manifest in manifests { registry.add(manifest: manifest.bytes, type: MediaType.imageManifest) }
            let index = try RawManifest(encoding: ImageIndex(manifests: manifests.map(\.descriptor)))
            registry.add(manifest: index.bytes, type: MediaType.imageIndex, tag: "sha256-\(subject.digest.hex)")
            for limit in [6, 5] {
                try await withRegistryClient(.test { $0.limits.referrers = limit }) { client in
                    let repository = try client.repository(registry.repository())
                    let code = await code { _ = try await repository.referrers(of: subject.digest) }
                    #expect(code == (limit == 6 ? nil : .tooLarge))
                }
            }
        }
    }

    @Test(
        "a manifest that an interrupted copy stored and did not list is listed by the next copy",
        arguments: [true, false])
    func interrupted(hasAPI: Bool) async throws {
        var options = FakeRegistryOptions()
        options.hasReferrers = hasAPI
        options.listsReferrers = false
        try await withFakeRegistry(options) { registry in
            let artifact = try await SampleArtifact()
            let manifest = try referrer("a", to: artifact.manifest.descriptor)
            let empty = Array("{}".utf8)
            artifact.store.add(empty, mediaType: MediaType.emptyJSON)
            artifact.store.add(manifest)
            registry.add(empty)
            registry.add(manifest: manifest.bytes, type: MediaType.imageManifest)
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                for _ in 0..<2 {
                    try await copy(artifact.manifest.descriptor, from: artifact.store, to: repository, tag: Tag("v1"))
                    let found = try await repository.referrers(of: artifact.manifest.descriptor.digest)
                    #expect(found.map(\.digest) == [manifest.descriptor.digest])
                }
            }
            #expect(registry.requests("PUT", "/manifests/sha256-").count == 1)
        }
    }

    @Test("a registry without the API whose tags may not be changed holds one entry, and says what to change")
    func immutable() async throws {
        var options = noAPI
        options.immutableTags = ScriptedResponse(403, text: #"{"errors":[{"code":"DENIED","message":"immutable"}]}"#)
        try await withFakeRegistry(options) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                try await store(referrer("a", to: subject), in: repository)
                let error = await failure { try await store(referrer("b", to: subject), in: repository) }
                #expect(error?.code == .tagExists)
                #expect(error?.message.contains("limit the rule for immutable tags to git-*") == true)
                #expect(error?.message.contains("DENIED: immutable") == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test("writers in one run do not lose each other's entries")
    func manyWriters() async throws {
        try await withFakeRegistry(noAPI) { registry in
            let subject = try await SampleArtifact().manifest.descriptor
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<10 {
                        group.addTask { try await store(referrer("\(number)", to: subject), in: repository) }
                    }
                    try await group.waitForAll()
                }
                #expect(try await repository.referrers(of: subject.digest).count == 10)
            }
        }
    }

    @Test("an entry that another writer overwrites is written again", arguments: [1, 3])
    func overwritten(times: Int) async throws {
        let subject = try await SampleArtifact().manifest.descriptor
        let tag = "sha256-\(subject.digest.hex)"
        let stranger = try referrer("stranger", to: subject)
        let index = try RawManifest(encoding: ImageIndex(manifests: [stranger.descriptor]))
        // Right after our write comes one that was based on the list before.
        try await withFakeRegistry(
            noAPI,
            faults: [
                Fault(
                    "GET", "/manifests/\(tag)", skipping: 1, times: times,
                    .first { registry in
                        registry.add(manifest: index.bytes, type: MediaType.imageIndex, tag: tag)
                    })
            ]
        ) { registry in
            registry.add(manifest: stranger.bytes, type: MediaType.imageManifest)
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let mine = try referrer("mine", to: subject)
                try await store(mine, in: repository)
                let found = try await repository.referrers(of: subject.digest)
                #expect(Set(found.map(\.digest)) == [mine.descriptor.digest, stranger.descriptor.digest])
            }
        }
    }
}
