import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("C1: redirects", .timeLimit(.minutes(1)))
struct RedirectTests {
    let content = noise(5_000, seed: "redirect")

    @Test("a blob elsewhere is fetched without credentials", arguments: [301, 302, 303, 307, 308])
    func otherOrigin(status: Int) async throws {
        try await withScriptedServer(answer: { [content] _ in ScriptedResponse(200, body: content) }) { storage in
            var options = FakeRegistryOptions()
            options.challenge = "Basic realm=\"r\""
            options.authorization = { $0 != nil }
            let location = "\(storage.origin)/store/blob?Signature=abc"
            try await withFakeRegistry(
                options,
                faults: [
                    Fault(
                        "GET", "/blobs/",
                        .answer(ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=r")]))),
                    Fault(
                        "GET", "/blobs/", times: 9, .answer(ScriptedResponse(status, headers: [("Location", location)]))
                    ),
                ]
            ) { registry in
                let descriptor = registry.add(content)
                let configuration = RegistryConfiguration.test {
                    $0.credentials = FixedCredentials([registry.host: .basic(user: "u", password: "pw")])
                }
                try await withRegistryClient(configuration) { client in
                    let bytes = try await read(descriptor, from: client.repository(registry.repository()))
                    #expect(bytes == content)
                }
                #expect(registry.requests.last?.header("Authorization") != nil)
                #expect(storage.requests.count == 1)
                #expect(storage.requests.first?.target == "/store/blob?Signature=abc")
                for name in ["Authorization", "Cookie", "Proxy-Authorization"] {
                    #expect(storage.requests.first?.header(name) == nil)
                }
            }
        }
    }

    @Test("credentials do not come back after a detour through another origin's 401")
    func storageAsks() async throws {
        try await withScriptedServer(answer: { _ in
            ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"storage\"")])
        }) { storage in
            let location = "\(storage.origin)/blob"
            try await withFakeRegistry(faults: [
                Fault("GET", "/blobs/", times: 9, .answer(ScriptedResponse(307, headers: [("Location", location)])))
            ]) { registry in
                let descriptor = registry.add(content)
                let configuration = RegistryConfiguration.test {
                    $0.credentials = FixedCredentials([
                        registry.host: .basic(user: "u", password: "pw"),
                        storage.authority: .basic(user: "u", password: "pw"),
                    ])
                }
                try await withRegistryClient(configuration) { client in
                    let code = await code {
                        _ = try await read(descriptor, from: client.repository(registry.repository()))
                    }
                    #expect(code == .unauthorized)
                }
                #expect(storage.requests.count == 1)
                #expect(storage.requests.first?.header("Authorization") == nil)
            }
        }
    }

    @Test("https to http is rejected before the other server receives anything")
    func downgrade() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try await withScriptedServer(answer: { [content] _ in ScriptedResponse(200, body: content) }) { storage in
                let location = "\(storage.origin)/blob"
                try await withFakeRegistry(
                    tls: identity,
                    faults: [
                        Fault(
                            "GET", "/blobs/", times: 9,
                            .answer(ScriptedResponse(307, headers: [("Location", location)])))
                    ]
                ) { registry in
                    let descriptor = registry.add(content)
                    let configuration = RegistryConfiguration.test {
                        $0.plainHTTPOnLoopback = false
                        $0.plainHTTPHosts = [storage.authority]
                        $0.trust.authorityFiles = [identity.certificateFile]
                    }
                    try await withRegistryClient(configuration) { client in
                        let error = await failure {
                            _ = try await read(descriptor, from: client.repository(registry.repository()))
                        }
                        #expect(error?.code == .protocolViolation)
                        #expect(error?.message.contains("from https to http") == true)
                    }
                    #expect(storage.requests.isEmpty)
                }
            }
        }
    }

    @Test("five hops are followed, a sixth is not", arguments: [5, 6, 1_000])
    func hops(count: Int) async throws {
        try await withScriptedServer(answer: { [content] request in
            let number = Int(request.path.dropFirst(3)) ?? 0
            guard number < count else { return ScriptedResponse(200, body: content) }
            return ScriptedResponse(302, headers: [("Location", "/h/\(number + 1)")])
        }) { storage in
            let location = "\(storage.origin)/h/1"
            try await withFakeRegistry(faults: [
                Fault("GET", "/blobs/", times: 9, .answer(ScriptedResponse(302, headers: [("Location", location)])))
            ]) { registry in
                let descriptor = registry.add(content)
                try await withRegistryClient(.test()) { client in
                    let code = await code {
                        _ = try await read(descriptor, from: client.repository(registry.repository()))
                    }
                    #expect(code == (count <= 5 ? nil : .protocolViolation))
                }
                #expect(storage.requests.count == 5)
            }
        }
    }

    @Test(
        "a redirect without a valid Location is rejected",
        arguments: [
            nil, "", "file:///etc/passwd", "http://user:pw@127.0.0.1/", "ht tp://x", "http://other.example/blob",
        ])
    func badLocation(location: String?) async throws {
        let headers = location.map { [("Location", $0)] } ?? []
        try await withFakeRegistry(faults: [
            Fault("GET", "/blobs/", times: 9, .answer(ScriptedResponse(307, headers: headers)))
        ]) {
            registry in
            let descriptor = registry.add(content)
            try await withRegistryClient(.test()) { client in
                let code = await code { _ = try await read(descriptor, from: client.repository(registry.repository())) }
                #expect(code == .protocolViolation)
            }
            #expect(registry.requests.count == 1)
        }
    }

    @Test("a write is never redirected", arguments: ["POST", "PUT"])
    func writes(method: String) async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(201) }) { trap in
            let location = "\(trap.origin)/x"
            try await withFakeRegistry(faults: [
                Fault(method, "/blobs/", times: 9, .answer(ScriptedResponse(307, headers: [("Location", location)])))
            ]) { registry in
                let sample = try await SampleArtifact()
                try await withRegistryClient(.test()) { client in
                    let code = await code {
                        try await client.repository(registry.repository()).store(sample.blobs[1], from: sample.store)
                    }
                    #expect(code == .protocolViolation)
                }
                #expect(trap.requests.isEmpty)
            }
        }
    }

    @Test("C5: the urls of a descriptor are never fetched")
    func urls() async throws {
        try await withScriptedServer(answer: { [content] _ in ScriptedResponse(200, body: content) }) { trap in
            try await withFakeRegistry { registry in
                let digest = Digest.sha256(of: content)
                let empty = registry.add(Array("{}".utf8))
                let manifest = """
                    {"schemaVersion":2,"mediaType":"\(MediaType.imageManifest)","config":{"mediaType":"a/b","size":2,\
                    "digest":"\(empty.digest)"},"layers":[{"mediaType":"\(MediaType.layerTarGzip)","size":5000,\
                    "digest":"\(digest)","urls":["\(trap.origin)/foreign"]}]}
                    """
                registry.add(manifest: Array(manifest.utf8), type: MediaType.imageManifest, tag: "v1")
                try await withRegistryClient(.test()) { client in
                    let repository = try client.repository(registry.repository())
                    let found = try #require(try await repository.resolve(Tag("v1")))
                    let layer = try #require(try await repository.manifest(found).imageManifest().layers.first)
                    let code = await code { _ = try await read(layer, from: repository) }
                    #expect(code == .notFound)
                }
                #expect(trap.requests.isEmpty)
            }
        }
    }
}
