import CapsuleTestSupport
import OCI
import OCIRegistry
import Synchronization
import Testing

@Suite("Registries on this machine that speak TLS", .timeLimit(.minutes(1)))
struct LoopbackTLSTests {
    @Test("they are found without an option, and the certificate is checked", .needs("docker-registry"))
    func realRegistry() async throws {
        // Go's TLS library answers a plain request with 400.
        try await withDockerRegistry(tls: true) { registry in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(Repository(registry.repository("a")))
                let error = await failure { _ = try await repository.resolve(Tag("v1")) }
                #expect(error?.code == .unavailable)
                let message = error?.message ?? ""
                #expect(message.contains("\(registry.host) does not speak plain HTTP but TLS"), "\(message)")
                #expect(message.contains("certificate") && message.contains("--ca-file"), "\(message)")
            }
            // The authority is trusted, but TLS is not required of everything on loopback.
            let authorities = registry.certificateFile.map { [$0] } ?? []
            let configuration = RegistryConfiguration.test { $0.trust.authorityFiles = authorities }
            try await withRegistryClient(configuration) { client in
                let repository = try client.repository(Repository(registry.repository("a")))
                #expect(try await repository.resolve(Tag("v1")) == nil)
                let descriptor = Descriptor(mediaType: MediaType.layerTarGzip, content: noise(100, seed: "tls"))
                try await repository.store(descriptor, from: BytesSource(noise(100, seed: "tls")))
                #expect(try await read(descriptor, from: repository) == noise(100, seed: "tls"))
                #expect(try await client.check(user: "u", password: "p", for: repository.repository) == false)
            }
        }
    }

    @Test("a TLS library that ends the connection, or sends an alert, is recognised")
    func otherLibraries() async throws {
        try await withTemporaryDirectory { directory in
            let identity = try await TLSIdentity.make(in: directory)
            try await withFakeRegistry(tls: identity) { registry in
                let configuration = RegistryConfiguration.test {
                    $0.trust.authorityFiles = [identity.certificateFile]
                }
                try await withRegistryClient(configuration) { client in
                    let repository = try client.repository(registry.repository())
                    #expect(try await repository.resolve(Tag("v1")) == nil)
                    #expect(try await repository.tags().isEmpty)
                }
                #expect(registry.requests.map(\.path).prefix(2) == ["/v2/", "/v2/team/shop/manifests/v1"])
            }
        }
    }

    private func resolve(named host: String) async throws -> OCIError? {
        try await withRegistryClient(.test { $0.plainHTTPHosts = [host] }) { client in
            await failure { _ = try await client.repository(Repository("\(host)/a")).resolve(Tag("v1")) }
        }
    }

    @Test(
        "one that is named with --plain-http is not asked, and the message says what to leave out",
        .needs("docker-registry"))
    func named() async throws {
        // Go answers with 400, OpenSSL with an alert or nothing.
        try await withDockerRegistry(tls: true) { registry in
            let message = try await resolve(named: registry.host)?.message ?? ""
            #expect(message.contains("if it speaks TLS, leave out --plain-http"), "\(message)")
        }
        try await withTemporaryDirectory { directory in
            try await withFakeRegistry(tls: TLSIdentity.make(in: directory)) { registry in
                let error = try await resolve(named: registry.host)
                #expect(error != nil)
                #expect(registry.requests.isEmpty)
            }
        }
    }

    @Test("a plain registry that answers 400, or closes, stays a plain one")
    func plain() async throws {
        for status in [400, 0] {
            let fault: Fault.Action =
                status == 0 ? .loseAnswer : .answer(ScriptedResponse(400, text: "no"))
            try await withFakeRegistry(faults: [Fault("HEAD", "/manifests/", fault)]) { registry in
                try await withRegistryClient(.test()) { client in
                    let repository = try client.repository(registry.repository())
                    _ = await failure { _ = try await repository.resolve(Tag("v1")) }
                    #expect(try await repository.resolve(Tag("v1")) == nil)
                }
            }
        }
    }
}
