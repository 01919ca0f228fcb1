import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Uploads", .timeLimit(.minutes(1)))
struct UploadTests {
    static let content = noise(1_000_000, seed: "upload")
    static let descriptor = Descriptor(mediaType: MediaType.layerTarGzip, content: content)

    /// Stores the content in a registry with these faults, in chunks of 300,000 bytes or in one piece.
    @discardableResult
    private func upload(
        options: FakeRegistryOptions = .init(), chunked: Bool = true, clock: TestClock = TestClock(), _ faults: [Fault],
        check: @Sendable (FakeRegistry) throws -> Void
    ) async throws -> OCIError? {
        try await withFakeRegistry(options, faults: faults) { registry in
            let configuration = RegistryConfiguration.test(clock) {
                $0.uploads.chunkSize = 300_000
                $0.uploads.monolithicLimit = chunked ? 1_000 : 10_000_000
            }
            let error = try await withRegistryClient(configuration) { client in
                let repository = try client.repository(registry.repository())
                return await failure { try await repository.store(Self.descriptor, from: BytesSource(Self.content)) }
            }
            try check(registry)
            return error
        }
    }

    @Test("small blobs are uploaded with one POST and one PUT")
    func monolithic() async throws {
        let error = try await upload(chunked: false, []) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests.map(\.method) == ["HEAD", "POST", "PUT"])
            #expect(registry.requests.last?.header("Content-Length") == "1000000")
            #expect(registry.requests.last?.header("Content-Type") == "application/octet-stream")
            // The location's own query stays.
            #expect(registry.requests.last?.query["state"] == "0")
        }
        #expect(error == nil)
    }

    @Test("large blobs are uploaded in chunks with their ranges")
    func chunked() async throws {
        let error = try await upload([]) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(
                registry.requests("PATCH").map { $0.header("Content-Range") } == [
                    "0-299999", "300000-599999", "600000-899999", "900000-999999",
                ])
            #expect(registry.requests("PATCH").map { $0.query["state"] } == ["0", "300000", "600000", "900000"])
            #expect(registry.requests.last?.method == "PUT")
            #expect(registry.requests.last?.body.isEmpty == true)
        }
        #expect(error == nil)
    }

    @Test("a blob that the registry has is not sent")
    func present() async throws {
        try await withFakeRegistry { registry in
            registry.add(Self.content)
            try await withRegistryClient(.test()) { client in
                try await client.repository(registry.repository()).store(
                    Self.descriptor, from: BytesSource(Self.content))
            }
            #expect(registry.requests.map(\.method) == ["HEAD"])
        }
    }

    @Test("a Location may contain scheme and host", arguments: [true, false])
    func absolute(chunked: Bool) async throws {
        var options = FakeRegistryOptions()
        options.absoluteLocations = true
        let error = try await upload(options: options, chunked: chunked, []) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
        }
        #expect(error == nil)
    }

    @Test(
        "a broken chunk resumes where the registry stopped, with the source opened there",
        arguments: [0, 1, 100_000, 299_999])
    func brokenChunk(count: Int) async throws {
        let clock = TestClock()
        let error = try await upload(
            clock: clock, [Fault("PATCH", "/uploads/", skipping: 1, .cutRequest(after: count))]
        ) {
            registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests("GET", "/uploads/").count == 1)
            let ranges = registry.requests("PATCH").map { $0.header("Content-Range") ?? "" }
            #expect(ranges.prefix(2) == ["0-299999", "300000-599999"])
            // A kernel may have taken more than the server read.
            #expect(ranges.dropFirst(2).first?.hasPrefix("\(300_000 + count)-") == true)
        }
        #expect(error == nil)
        #expect(clock.pauses.count == 1)
    }

    @Test("a chunk whose answer is lost is not sent again")
    func lostChunkAnswer() async throws {
        let error = try await upload([Fault("PATCH", "/uploads/", skipping: 1, .loseAnswer)]) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests("PATCH").count == 4)
        }
        #expect(error == nil)
    }

    @Test(
        "after server errors the offset is requested; after 416 a fresh session is opened",
        arguments: [(416, 0, 5), (416, 2, 7), (500, 0, 5), (503, 3, 5), (429, 1, 5), (401, 1, 0)])
    func chunkRefused(status: Int, after: Int, chunks: Int) async throws {
        let error = try await upload([
            Fault("PATCH", "/uploads/", skipping: after, .answer(ScriptedResponse(status)))
        ]) { registry in
            // An answer of 401 without a challenge is the end.
            guard status != 401 else { return }
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests("PATCH").count == chunks)
            #expect(registry.requests("POST").count == (status == 416 ? 2 : 1))
        }
        #expect(error?.code == (status == 401 ? .unauthorized : nil))
    }

    @Test("a registry that accepted a part of a chunk receives the rest")
    func partTaken() async throws {
        let error = try await upload([
            Fault(
                "PATCH", "/uploads/",
                .change { response in
                    response.headers = response.headers.map { $0.name == "Range" ? ("Range", "0-199999") : $0 }
                })
        ]) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests("GET", "/uploads/").count == 1)
        }
        #expect(error == nil)
    }

    @Test("an upload whose session no longer exists starts over", arguments: [true, false])
    func forgotten(atChunk: Bool) async throws {
        let error = try await upload([
            Fault(atChunk ? "PATCH" : "PUT", "/uploads/", skipping: atChunk ? 2 : 0, .first { $0.forgetUploads() })
        ]) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests("POST").count == 2)
        }
        #expect(error == nil)
    }

    @Test("an invalid upload status starts over", arguments: ["0-99999999", "x", "5-10"])
    func badStatus(range: String) async throws {
        let error = try await upload([
            Fault("PATCH", "/uploads/", .cutRequest(after: 10)),
            Fault(
                "GET", "/uploads/",
                .change { response in
                    response.headers = response.headers.map { $0.name == "Range" ? ("Range", range) : $0 }
                }),
        ]) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests("POST").count == 2)
        }
        #expect(error == nil)
    }

    @Test("an upload without progress is given up", arguments: [true, false])
    func givesUp(chunked: Bool) async throws {
        let clock = TestClock()
        let error = try await upload(
            chunked: chunked, clock: clock,
            [
                Fault(chunked ? "PATCH" : "PUT", "/uploads/", times: 99, .cutRequest(after: 0))
            ]
        ) { _ in }
        #expect(error?.code == .unavailable)
        #expect(clock.now >= .seconds(20) && clock.now <= .seconds(30))
    }

    @Test(
        "an upload survives a reset at each stage",
        arguments: [
            ("HEAD", "/blobs/", true), ("POST", "/uploads/", true), ("PATCH", "/uploads/", true),
            ("PUT", "/uploads/", true), ("POST", "/uploads/", false), ("PUT", "/uploads/", false),
        ])
    func resets(method: String, path: String, chunked: Bool) async throws {
        for action in [Fault.Action.cutRequest(after: 0), .loseAnswer, .answer(ScriptedResponse(502))] {
            let error = try await upload(chunked: chunked, [Fault(method, path, action)]) { registry in
                #expect(registry.blob(Self.descriptor.digest) == Self.content)
            }
            #expect(error == nil)
        }
    }

    @Test("a PUT whose answer is lost is not sent again", arguments: [true, false])
    func lostCommit(chunked: Bool) async throws {
        let error = try await upload(chunked: chunked, [Fault("PUT", "/uploads/", .loseAnswer)]) { registry in
            #expect(registry.blob(Self.descriptor.digest) == Self.content)
            #expect(registry.requests("PUT").count == 1)
        }
        #expect(error == nil)
    }

    @Test("bytes that were altered on the way are a mismatch", arguments: [true, false])
    func digestInvalid(chunked: Bool) async throws {
        let answer = ScriptedResponse(400, text: "{\"errors\":[{\"code\":\"DIGEST_INVALID\",\"message\":\"x\"}]}")
        let error = try await upload(chunked: chunked, [Fault("PUT", "/uploads/", .answer(answer))]) { _ in }
        #expect(error?.code == .contentMismatch)
    }

    @Test("an error of the source is thrown unchanged, and not retried", arguments: [true, false])
    func sourceFails(chunked: Bool) async throws {
        try await withFakeRegistry { registry in
            let clock = TestClock()
            let configuration = RegistryConfiguration.test(clock) {
                $0.uploads.chunkSize = 300_000
                $0.uploads.monolithicLimit = chunked ? 1_000 : 10_000_000
            }
            try await withRegistryClient(configuration) { client in
                let repository = try client.repository(registry.repository())
                let error = await failure {
                    try await repository.store(Self.descriptor, from: FailingSource(after: 400_000))
                }
                #expect(error?.code == .io)
                #expect(error?.message == "the disk is gone")
            }
            #expect(clock.pauses.isEmpty)
            #expect(registry.blob(Self.descriptor.digest) == nil)
        }
    }

    @Test("altered content of a source is never committed", arguments: [true, false])
    func sourceAltered(chunked: Bool) async throws {
        try await withFakeRegistry { registry in
            let configuration = RegistryConfiguration.test {
                $0.uploads.chunkSize = 300_000
                $0.uploads.monolithicLimit = chunked ? 1_000 : 10_000_000
            }
            let store = MemoryStore()
            store.add(Self.content, mediaType: Self.descriptor.mediaType)
            var altered = Self.content
            altered[999_999] ^= 1
            store.damage(Self.descriptor.digest, altered)
            try await withRegistryClient(configuration) { client in
                let repository = try client.repository(registry.repository())
                let code = await code { try await repository.store(Self.descriptor, from: store) }
                #expect(code == .contentMismatch)
            }
            #expect(registry.blob(Self.descriptor.digest) == nil)
        }
    }

    @Test(
        "C2: an upload to another server is rejected, and that server receives nothing",
        arguments: ["%/v2/x", "//%HOST/v2/x", "https://127.0.0.1/v2/x", "file:///tmp/x", "http://user:pw@127.0.0.1/x"])
    func otherHost(location: String) async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(201) }) { trap in
            var target = location
            if let range = target.firstRange(of: "%HOST") { target.replaceSubrange(range, with: trap.authority) }
            if let range = target.firstRange(of: "%") { target.replaceSubrange(range, with: trap.origin) }
            let headers = [("Location", target), ("Range", "0-0")]
            for method in ["POST", "PATCH"] {
                let error = try await upload([
                    Fault(method, "/uploads/", .answer(ScriptedResponse(202, headers: headers)))
                ]) { _ in }
                #expect(error?.code == .protocolViolation)
            }
            #expect(trap.requests.isEmpty)
        }
    }

    @Test("C2: a host that is allowed receives the bytes and no credentials")
    func allowedHost() async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(201) }) { storage in
            var options = FakeRegistryOptions()
            options.challenge = "Basic realm=\"r\""
            options.authorization = { $0 != nil }
            let headers = [("Location", "\(storage.origin)/put?sig=1")]
            try await withFakeRegistry(
                options, faults: [Fault("POST", "/uploads/", .answer(ScriptedResponse(202, headers: headers)))]
            ) { registry in
                let configuration = RegistryConfiguration.test {
                    $0.uploadHosts = [storage.authority]
                    $0.credentials = FixedCredentials([registry.host: .basic(user: "u", password: "pw")])
                }
                try await withRegistryClient(configuration) { client in
                    try await client.repository(registry.repository())
                        .store(Self.descriptor, from: BytesSource(Self.content))
                }
                #expect(registry.requests("POST").last?.header("Authorization") != nil)
            }
            #expect(storage.requests.count == 1)
            #expect(storage.requests.first?.header("Authorization") == nil)
            #expect(storage.requests.first?.body == Self.content)
        }
    }

    @Test("a response without Location violates the protocol")
    func noLocation() async throws {
        let error = try await upload([Fault("POST", "/uploads/", .answer(ScriptedResponse(202)))]) { _ in }
        #expect(error?.code == .protocolViolation)
    }

    @Test(
        "a token that expires during an upload is renewed, and the upload continues", arguments: [true, false])
    func tokenRunsOut(chunked: Bool) async throws {
        try await withTokenWorld(faults: []) { world in
            let configuration = RegistryConfiguration.test {
                $0.uploads.chunkSize = 300_000
                $0.uploads.monolithicLimit = chunked ? 1_000 : 10_000_000
            }
            try await withRegistryClient(configuration) { client in
                let source = HookedSource(Self.content, at: chunked ? 500_000 : 0) { world.current.revoke() }
                try await client.repository(world.registry.repository()).store(Self.descriptor, from: source)
            }
            #expect(world.registry.blob(Self.descriptor.digest) == Self.content)
            #expect(world.tokenRequests.count == 3)
        }
    }
}

@Suite("Mounts", .timeLimit(.minutes(1)))
struct MountTests {
    let content = noise(50_000, seed: "mount")

    private func copyBlob(_ options: FakeRegistryOptions, faults: [Fault] = []) async throws -> [ReceivedRequest] {
        try await withFakeRegistry(options, faults: faults) { registry in
            let descriptor = registry.add(content, to: "team/base")
            try await withRegistryClient(.test()) { client in
                let base = try client.repository(registry.repository("team/base"))
                try await client.repository(registry.repository()).store(descriptor, from: base)
            }
            #expect(registry.blob(descriptor.digest) == content)
            return registry.requests
        }
    }

    @Test("a blob of the same registry is mounted, not uploaded")
    func mounts() async throws {
        let requests = try await copyBlob(.init())
        #expect(requests.map(\.method) == ["HEAD", "POST"])
        #expect(requests.last?.query["from"] == "team%2Fbase")
    }

    @Test("without mounts, the blob is uploaded in the session of the response")
    func refuses() async throws {
        var options = FakeRegistryOptions()
        options.mounts = false
        let requests = try await copyBlob(options)
        #expect(
            requests.map(\.method) == ["HEAD", "POST", "GET", "PUT"]
                || requests.map(\.method) == ["HEAD", "POST", "PUT", "GET"])
    }

    @Test(
        "a blob is uploaded after any answer to a mount but 201 and 202",
        arguments: [200, 202, 301, 307, 400, 401, 403, 404, 405, 409, 429, 500, 501, 503])
    func otherAnswers(status: Int) async throws {
        // 202 without a Location opens no session.
        let requests = try await copyBlob(
            .init(), faults: [Fault("POST", "mount=", .answer(ScriptedResponse(status)))])
        #expect(requests.filter { $0.method == "POST" }.count == 2)
        #expect(requests.filter { $0.method == "PUT" }.count == 1)
    }

    @Test("a blob is uploaded after a mount whose answer is lost")
    func lost() async throws {
        let requests = try await copyBlob(.init(), faults: [Fault("POST", "mount=", .loseAnswer)])
        #expect(requests.filter { $0.method == "PUT" }.count == 1)
    }

    @Test("a mount requests a token for both repositories")
    func scope() async throws {
        try await withTokenWorld { world in
            let descriptor = world.registry.add(content, to: "team/base")
            try await withRegistryClient(.test()) { client in
                let base = try client.repository(world.registry.repository("team/base"))
                try await client.repository(world.registry.repository()).store(descriptor, from: base)
            }
            #expect(
                world.tokenRequests.last?.target.contains(
                    "scope=repository%3Ateam%2Fbase%3Apull&scope=repository%3Ateam%2Fshop%3Apull%2Cpush") == true)
        }
    }
}
