import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Synchronization
import Testing

@Suite("A refusal that leads to another way takes it", .timeLimit(.minutes(1)))
struct OtherWayTests {
    private let content = noise(5_000, seed: "way")

    @Test("HEAD that storage refuses after a redirect is sent as GET", arguments: [400, 401, 403, 405, 501])
    func headElsewhere(status: Int) async throws {
        let manifest = try await SampleArtifact().manifest
        try await withScriptedServer(answer: { [content] request in
            if request.method == "HEAD" { return ScriptedResponse(status) }
            guard request.path == "/blob" else {
                return ScriptedResponse(
                    200, headers: [("Content-Type", manifest.descriptor.mediaType)], body: manifest.bytes)
            }
            guard request.header("Range") == "bytes=0-0" else { return ScriptedResponse(200, body: content) }
            return ScriptedResponse(
                206, headers: [("Content-Range", "bytes 0-0/\(content.count)")], body: [content[0]])
        }) { storage in
            func redirect(_ path: String, _ target: String) -> Fault {
                Fault(
                    nil, path, times: 99,
                    .answer(ScriptedResponse(307, headers: [("Location", storage.origin + target)])))
            }
            try await withFakeRegistry(faults: [redirect("/blobs/", "/blob"), redirect("/manifests/", "/manifest")]) {
                registry in
                try await withRegistryClient(.test()) { client in
                    let repository = try client.repository(registry.repository())
                    let blob = Descriptor(mediaType: MediaType.layerTarGzip, content: content)
                    #expect(try await repository.contains(blob))
                    let found = try await repository.resolve(Tag("v1"))
                    #expect(found == manifest.descriptor)
                }
            }
            #expect(storage.requests.allSatisfy { $0.header("Authorization") == nil })
        }
    }

    @Test("a server that a registry redirects to is not a reason to log in", arguments: [401, 403])
    func deniedElsewhere(status: Int) async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(status) }) { storage in
            let location = [("Location", "\(storage.origin)/blob")]
            try await withFakeRegistry(faults: [
                Fault(nil, "/blobs/", times: 99, .answer(ScriptedResponse(307, headers: location)))
            ]) { registry in
                let descriptor = registry.add(content)
                try await withRegistryClient(.test()) { client in
                    let repository = try client.repository(registry.repository())
                    for body in [
                        { _ = try await read(descriptor, from: repository) },
                        { _ = try await repository.contains(descriptor) },
                    ] as [() async throws -> Void] {
                        let error = await failure(body)
                        #expect(error?.code == .unauthorized)
                        #expect(error?.message.contains("login") == false)
                        #expect(error?.message.contains("\(storage.authority), to which \(registry.host)") == true)
                    }
                }
            }
        }
    }

    @Test("a list of tags is read without a page size where that is refused", arguments: [400, 405, 416, 422])
    func pageSize(status: Int) async throws {
        try await withFakeRegistry(faults: [Fault("GET", "?n=", times: 99, .answer(ScriptedResponse(status)))]) {
            registry in
            registry.add(manifest: Array("{}".utf8), type: MediaType.imageManifest, tag: "v1")
            try await withRegistryClient(.test()) { client in
                let tags = try await client.repository(registry.repository()).tags()
                #expect(tags.map(\.description) == ["v1"])
            }
            #expect(registry.requests.map(\.target) == ["/v2/team/shop/tags/list?n=1000", "/v2/team/shop/tags/list"])
        }
    }

    @Test("a token server that refuses POST is sent GET", arguments: [404, 405])
    func tokenByGET(status: Int) async throws {
        try await withTokenWorld(answer: { token, request in
            request.method == "POST"
                ? ScriptedResponse(status)
                : ScriptedResponse(200, text: "{\"token\":\"\(token)\",\"expires_in\":300}")
        }) { world in
            let configuration = RegistryConfiguration.test {
                $0.credentials = FixedCredentials([world.registry.host: .identityToken("refresh-me")])
            }
            try await withRegistryClient(configuration) { client in
                let found = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
                #expect(found == nil)
            }
            #expect(world.tokenRequests.map(\.method) == ["POST", "GET"])
            #expect(world.tokenRequests.last?.query["scope"] == "repository%3Ateam%2Fshop%3Apull")
            // "<token>:refresh-me"
            #expect(world.tokenRequests.last?.header("Authorization") == "Basic PHRva2VuPjpyZWZyZXNoLW1l")
        }
    }

    @Test("where HEAD and GET name other lengths, the digest decides", arguments: ["1", "999999"])
    func lengths(length: String) async throws {
        let sample = try await SampleArtifact()
        let lie = Fault(
            "HEAD", "", times: 99,
            .change { response in
                guard response.status == 200 else { return }
                response.headers.append(("Content-Length", length))
            })
        try await withFakeRegistry(faults: [lie]) { registry in
            let descriptor = registry.add(content)
            registry.add(manifest: sample.manifest.bytes, type: sample.manifest.descriptor.mediaType, tag: "v1")
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                #expect(try await repository.contains(descriptor))
                let resolved = try #require(try await repository.resolve(Tag("v1")))
                let manifest = try await repository.manifest(resolved)
                #expect(manifest.bytes == sample.manifest.bytes)
                #expect(manifest.descriptor == sample.manifest.descriptor)
                try await repository.store(descriptor, from: BytesSource(content))
                #expect(registry.requests("POST").isEmpty)
                for blob in sample.blobs { try await repository.store(blob, from: sample.store) }
                try await withTemporaryDirectory { directory in
                    let layout = try ImageLayout(path: "\(directory)/layout", create: true)
                    try await copy(resolved, from: repository, to: layout, tag: Tag("v1"))
                    let found = try await layout.resolve(Tag("v1"))
                    #expect(found == sample.manifest.descriptor)
                }
            }
            // Content with another digest is not accepted for that reason.
            registry.add(
                manifest: sample.manifest.bytes + [0x20], type: sample.manifest.descriptor.mediaType, tag: "v2")
            let claim = Fault(
                nil, "/manifests/", times: 99,
                .change { response in
                    response.headers.removeAll { $0.name == "Docker-Content-Digest" }
                    response.headers.append(("Docker-Content-Digest", "\(sample.manifest.descriptor.digest)"))
                    if response.status == 200 { response.body += [0x0A] }
                })
            registry.fail([claim])
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let resolved = try #require(try await repository.resolve(Tag("v2")))
                let code = await code { _ = try await repository.manifest(resolved) }
                #expect(code == .contentMismatch)
            }
        }
    }

    @Test("a second try is made over a new connection")
    func newConnection() async throws {
        // Two connections are kept, and both are dead: the server closes one at each request that is not the first on it.
        let seen = Mutex<Set<Int>>([])
        try await withScriptedServer(
            start: { request in seen.withLock { $0.insert(request.connection).inserted } ? .read : .cut(after: 0) },
            answer: { _ in
                while seen.withLock(\.count) < 2 { try await Task.sleep(for: .milliseconds(1)) }
                return ScriptedResponse(404)
            }
        ) { server in
            let clock = TestClock()
            try await withRegistryClient(.test(clock)) { client in
                let repository = client.repository(try Repository("\(server.authority)/team/shop"))
                async let first = repository.resolve(Tag("v1"))
                async let second = repository.resolve(Tag("v2"))
                _ = try await (first, second)
                _ = try await repository.resolve(Tag("v3"))
            }
            #expect(clock.pauses.count == 1)
        }
    }
}
