import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Connections", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private func withTLSRegistry<Result: Sendable>(
        _ body: @Sendable (FakeRegistry, TLSIdentity, String) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            return try await withFakeRegistry(tls: identity) { try await body($0, identity, directory) }
        }
    }

    @Test("a private certificate authority is trusted when it is configured")
    func customAuthority() async throws {
        try await withTLSRegistry { registry, identity, _ in
            let content = noise(5_000, seed: "tls")
            let descriptor = registry.add(content)
            let configuration = RegistryConfiguration.test {
                $0.plainHTTPOnLoopback = false
                $0.trust.authorityFiles = [identity.certificateFile]
            }
            try await withRegistryClient(configuration) { client in
                let bytes = try await read(descriptor, from: client.repository(registry.repository()))
                #expect(bytes == content)
            }
        }
    }

    @Test("an untrusted certificate is rejected at once")
    func untrusted() async throws {
        try await withTLSRegistry { registry, _, _ in
            let clock = TestClock()
            try await withRegistryClient(.test(clock) { $0.plainHTTPOnLoopback = false }) { client in
                let error = await failure {
                    _ = try await client.repository(registry.repository()).resolve(Tag("v1"))
                }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("certificate is signed by itself, and not trusted") == true)
            }
            #expect(clock.pauses.isEmpty)
            #expect(registry.requests.isEmpty)
        }
    }

    @Test("a certificate for another name is rejected")
    func otherName() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory, names: "DNS:other.example")
            try await withFakeRegistry(tls: identity) { registry in
                let configuration = RegistryConfiguration.test {
                    $0.plainHTTPOnLoopback = false
                    $0.trust.authorityFiles = [identity.certificateFile]
                }
                try await withRegistryClient(configuration) { client in
                    let error = await failure {
                        _ = try await client.repository(registry.repository()).resolve(Tag("v1"))
                    }
                    #expect(error?.message.contains("certificate is for another name; check the name") == true)
                }
                #expect(registry.requests.isEmpty)
            }
        }
    }

    @Test(
        "an invalid file of authorities is an error that names it",
        arguments: ["missing.pem", "empty.pem", "junk.pem"])
    func badAuthorityFile(name: String) async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/empty.pem", "")
            try writeFile("\(directory)/junk.pem", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
            let configuration = RegistryConfiguration.test { $0.trust.authorityFiles = ["\(directory)/\(name)"] }
            let error = await failure { try await withRegistryClient(configuration) { _ in } }
            #expect(error?.code == .io)
            #expect(error?.message.contains(name) == true)
        }
    }

    @Test(
        "a registry without TLS where TLS is expected is an error with its remedy",
        .enabled(if: Tool.exists("docker-registry")))
    func plainWhereTLS() async throws {
        try await withSharedRegistry { registry in
            let repository = try Repository(registry.repository("team/shop"))
            try await withRegistryClient(.test { $0.plainHTTPOnLoopback = false }) { client in
                let error = await failure { _ = try await client.repository(repository).resolve(Tag("v1")) }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("--plain-http") == true)
            }
        }
    }

    @Test("plain HTTP is used only for hosts that are named", arguments: [true, false])
    func plainHTTPHost(isNamed: Bool) async throws {
        try await withFakeRegistry { registry in
            let configuration = RegistryConfiguration.test {
                $0.plainHTTPOnLoopback = false
                if isNamed { $0.plainHTTPHosts = [registry.host] }
            }
            try await withRegistryClient(configuration) { client in
                let code = await code { _ = try await client.repository(registry.repository()).resolve(Tag("v1")) }
                #expect(code == (isNamed ? nil : .unavailable))
            }
        }
    }

    @Test("a proxy gets a CONNECT with its own login, and never the registry's")
    func proxy() async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(502) }) { proxy in
            let configuration = RegistryConfiguration.test {
                $0.plainHTTPHosts = ["plain.example"]
                $0.credentials = FixedCredentials(["registry.example": .basic(user: "u", password: "pw")])
                $0.retries.outage = .zero
                $0.proxies = ProxySettings(environment: [
                    "HTTPS_PROXY": "http://a:b@\(proxy.authority)", "HTTP_PROXY": "http://\(proxy.authority)",
                ])
            }
            try await withRegistryClient(configuration) { client in
                for name in ["registry.example/a", "plain.example/a"] {
                    let code = await code { _ = try await client.repository(Repository(name)).resolve(Tag("v1")) }
                    #expect(code == .unavailable)
                }
            }
            #expect(proxy.requests.map(\.method) == ["CONNECT", "CONNECT"])
            #expect(proxy.requests.map(\.target) == ["registry.example:443", "plain.example:80"])
            #expect(proxy.requests.map { $0.header("Proxy-Authorization") } == ["Basic YTpi", nil])
            #expect(proxy.requests.allSatisfy { $0.header("Authorization") == nil })
        }
    }

    @Test("loopback is never reached through a proxy")
    func loopback() async throws {
        try await withScriptedServer(answer: { _ in ScriptedResponse(502) }) { proxy in
            try await withFakeRegistry { registry in
                let configuration = RegistryConfiguration.test {
                    $0.proxies = ProxySettings(environment: ["ALL_PROXY": "http://\(proxy.authority)"])
                }
                try await withRegistryClient(configuration) { client in
                    let found = try await client.repository(registry.repository()).resolve(Tag("v1"))
                    #expect(found == nil)
                }
            }
            #expect(proxy.requests.isEmpty)
        }
    }

    @Test("a cancelled pull ends at once and is a cancellation")
    func cancelled() async throws {
        try await withFakeRegistry(faults: [
            Fault(
                "GET", "/blobs/",
                .change { response in
                    response.headers.append(("Transfer-Encoding", "chunked"))
                    response.body = Array(response.body.prefix(10))
                    response.hangs = true
                })
        ]) { registry in
            let descriptor = registry.add(noise(1_000, seed: "x"))
            let name = try registry.repository()
            let pull = Task {
                try await withRegistryClient(.test()) { client in
                    try await read(descriptor, from: client.repository(name))
                }
            }
            while registry.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            pull.cancel()
            await #expect(throws: CancellationError.self) { try await pull.value }
        }
    }
}
