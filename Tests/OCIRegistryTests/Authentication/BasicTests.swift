import CapsuleTestSupport
import OCI
import OCIRegistry
import Support
import Testing

@Suite("Basic authentication", .timeLimit(.minutes(1)))
struct BasicTests {
    private func options() -> FakeRegistryOptions {
        var options = FakeRegistryOptions()
        options.challenge = "Basic realm=\"r\""
        options.authorization = { $0 == "Basic YW5uYTpwdw==" }
        return options
    }

    @Test("the password is sent after a challenge, and then without one")
    func login() async throws {
        try await withFakeRegistry(options()) { registry in
            let configuration = RegistryConfiguration.test {
                $0.credentials = FixedCredentials([registry.host: .basic(user: "anna", password: "pw")])
            }
            try await withRegistryClient(configuration) { client in
                let repository = try client.repository(registry.repository())
                _ = try await repository.resolve(Tag("v1"))
                _ = try await repository.resolve(Tag("v2"))
            }
            #expect(registry.requests.map { $0.header("Authorization") != nil } == [false, true, true])
        }
    }

    @Test("a wrong password is sent once, and the message says what to do")
    func wrongPassword() async throws {
        try await withFakeRegistry(options()) { registry in
            let configuration = RegistryConfiguration.test {
                $0.credentials = FixedCredentials([registry.host: .basic(user: "anna", password: "wrong-secret")])
            }
            try await withRegistryClient(configuration) { client in
                let repository = try client.repository(registry.repository())
                let error = await failure { _ = try await repository.resolve(Tag("v1")) }
                #expect(error?.code == .unauthorized)
                #expect(
                    error?.message
                        == "\(registry.host) rejects the user anna for \(registry.host)/team/shop; run "
                        + "`capsule login \(registry.host)` with an account that has access, or "
                        + "`capsule logout \(registry.host)` to use no login")
            }
            #expect(registry.requests.count == 2)
        }
    }

    @Test("a stale login is named with its file, by the registry and by a token server", arguments: [false, true])
    func stale(hasTokenServer: Bool) async throws {
        try await withTemporaryDirectory { directory in
            try await withScriptedServer(answer: { _ in ScriptedResponse(401) }) { tokens in
                var options = options()
                if hasTokenServer { options.challenge = "Bearer realm=\"\(tokens.origin)/token\"" }
                try await withFakeRegistry(options) { registry in
                    // A path on the registry, as podman writes it.
                    try writeFile(
                        "\(directory)/auth.json",
                        "{\"auths\":{\"\(registry.host)/team\":{\"auth\":\"YW5uYTpvbGQtaHVudGVyMg==\"}}}")
                    let configuration = RegistryConfiguration.test {
                        $0.credentials = DockerCredentials(
                            environment: ["REGISTRY_AUTH_FILE": "\(directory)/auth.json"], runner: RecordingRunner(""))
                    }
                    try await withRegistryClient(configuration) { client in
                        let repository = try client.repository(registry.repository())
                        let error = await failure { _ = try await repository.resolve(Tag("v1")) }
                        #expect(error?.code == .unauthorized)
                        let message = error?.message ?? ""
                        #expect(message.contains("rejects the user anna from \(directory)/auth.json"), "\(message)")
                        #expect(message.contains("`capsule logout \(registry.host)`"), "\(message)")
                        #expect(!message.contains("hunter2"))
                    }
                }
            }
        }
    }

    @Test("without a credential the message recommends a login")
    func anonymous() async throws {
        try await withFakeRegistry(options()) { registry in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let error = await failure { _ = try await repository.resolve(Tag("v1")) }
                #expect(error?.code == .unauthorized)
                #expect(error?.message.contains("requires authentication") == true)
                #expect(error?.message.contains("capsule login \(registry.host)") == true)
            }
            #expect(registry.requests.count == 1)
        }
    }

    @Test("an unknown challenge is named")
    func unknownScheme() async throws {
        var options = options()
        options.challenge = "Negotiate"
        try await withFakeRegistry(options) { registry in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(registry.repository())
                let error = await failure { _ = try await repository.resolve(Tag("v1")) }
                #expect(error?.code == .unauthorized)
                #expect(error?.message.contains("negotiate") == true)
            }
        }
    }
}
