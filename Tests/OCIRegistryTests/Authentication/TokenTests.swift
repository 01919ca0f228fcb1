import CapsuleTestSupport
import FoundationEssentials
import OCI
import OCIRegistry
import Support
import Synchronization
import Testing

/// A token server that counts requests, and a registry that accepts the newest token.
struct TokenWorld: Sendable {
    let registry: FakeRegistry
    let tokens: ScriptedServer
    let current: CurrentToken

    var tokenRequests: [ReceivedRequest] { tokens.requests }
}

/// The valid token.
final class CurrentToken: Sendable {
    private let number = Mutex(0)
    var text: String { number.withLock { "token-\($0)" } }
    func renew() -> String {
        number.withLock { $0 += 1 }
        return text
    }
    func revoke() { number.withLock { $0 += 1000 } }
}

func withTokenWorld<Result: Sendable>(
    challenge: String = "Bearer realm=\"%/token\",service=\"fake\"", faults: [Fault] = [],
    answer: @escaping @Sendable (String, ReceivedRequest) -> ScriptedResponse = { token, _ in
        ScriptedResponse(200, text: "{\"token\":\"\(token)\",\"expires_in\":300}")
    },
    _ body: @Sendable (TokenWorld) async throws -> Result
) async throws -> Result {
    let current = CurrentToken()
    return try await withScriptedServer(answer: { answer(current.renew(), $0) }) { tokens in
        var options = FakeRegistryOptions()
        options.challenge = challenge.split(separator: "%", omittingEmptySubsequences: false)
            .joined(separator: tokens.origin)
        options.authorization = { $0 == "Bearer \(current.text)" }
        return try await withFakeRegistry(options, faults: faults) { registry in
            try await body(TokenWorld(registry: registry, tokens: tokens, current: current))
        }
    }
}

@Suite("Tokens", .timeLimit(.minutes(1)))
struct TokenTests {
    let content = noise(100_000, seed: "token")

    private func credentials(_ world: TokenWorld, _ credential: Credential) -> FixedCredentials {
        FixedCredentials([world.registry.host: credential])
    }

    @Test("one token with its scope serves all requests of a run")
    func reuse() async throws {
        try await withTokenWorld { world in
            let descriptor = world.registry.add(content)
            let configuration = RegistryConfiguration.test {
                $0.credentials = credentials(world, .basic(user: "anna", password: "pw"))
            }
            try await withRegistryClient(configuration) { client in
                let repository = try client.repository(world.registry.repository())
                #expect(try await repository.contains(descriptor))
                #expect(try await read(descriptor, from: repository) == content)
                #expect(try await repository.resolve(Tag("v1")) == nil)
            }
            #expect(world.tokenRequests.count == 1)
            let request = try #require(world.tokenRequests.first)
            #expect(request.method == "GET")
            #expect(request.query == ["service": "fake", "scope": "repository%3Ateam%2Fshop%3Apull"])
            #expect(request.header("Authorization") == "Basic YW5uYTpwdw==")
            #expect(world.registry.requests.filter { $0.header("Authorization") == nil }.count == 1)
        }
    }

    @Test("concurrent requests for a token share one fetch")
    func singleFlight() async throws {
        try await withTokenWorld { world in
            let descriptor = world.registry.add(content)
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(world.registry.repository())
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<20 { group.addTask { try await repository.contains(descriptor) } }
                    for try await found in group { #expect(found) }
                }
            }
            #expect(world.tokenRequests.count == 1)
        }
    }

    @Test("a 401 in the middle of a pull refreshes the token once, for all")
    func refresh() async throws {
        try await withTokenWorld { world in
            let descriptor = world.registry.add(content)
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(world.registry.repository())
                #expect(try await repository.contains(descriptor))
                world.current.revoke()
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 { group.addTask { try await repository.contains(descriptor) } }
                    for try await found in group { #expect(found) }
                }
            }
            #expect(world.tokenRequests.count == 2)
        }
    }

    @Test("a new token that is rejected is not fetched again")
    func refusedForGood() async throws {
        try await withTokenWorld(answer: { _, _ in ScriptedResponse(200, text: "{\"token\":\"never-good\"}") }) {
            world in
            let configuration = RegistryConfiguration.test {
                $0.credentials = credentials(world, .basic(user: "anna", password: "pw"))
            }
            try await withRegistryClient(configuration) { client in
                let error = await failure {
                    _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
                }
                #expect(error?.code == .unauthorized)
                #expect(error?.message.contains("capsule login \(world.registry.host)") == true)
            }
            #expect(world.tokenRequests.count == 1)
            #expect(world.registry.requests.count == 2)
        }
    }

    @Test("a 403 fetches no token")
    func forbidden() async throws {
        try await withTokenWorld(faults: [
            Fault("HEAD", "/manifests/", skipping: 2, times: 9, .answer(ScriptedResponse(403)))
        ]) {
            world in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(world.registry.repository())
                _ = try await repository.resolve(Tag("v1"))
                let code = await code { _ = try await repository.resolve(Tag("v2")) }
                #expect(code == .unauthorized)
            }
            #expect(world.tokenRequests.count == 1)
        }
    }

    @Test(
        "a token may come as access_token, with or without an end",
        arguments: [
            "{\"access_token\":\"%\"}", "{\"token\":\"\",\"access_token\":\"%\",\"expires_in\":0}", "{\"token\":\"%\"}",
        ])
    func shapes(text: String) async throws {
        let clock = TestClock()
        try await withTokenWorld(answer: { token, _ in
            ScriptedResponse(200, text: text.split(separator: "%").joined(separator: token))
        }) { world in
            try await withRegistryClient(.test(clock)) { client in
                let repository = try client.repository(world.registry.repository())
                _ = try await repository.resolve(Tag("v1"))
                clock.advance(.seconds(45))
                _ = try await repository.resolve(Tag("v1"))
                #expect(world.tokenRequests.count == 1)
                // Sixty seconds where nothing is said; a new token comes before the old one is refused.
                clock.advance(.seconds(10))
                _ = try await repository.resolve(Tag("v1"))
                #expect(world.tokenRequests.count == 2)
            }
            #expect(world.registry.requests.filter { $0.header("Authorization") == nil }.count == 1)
        }
    }

    @Test("pushing requires a wider scope, and its token also permits pulling")
    func scopes() async throws {
        try await withTokenWorld { world in
            try await withRegistryClient(.test()) { client in
                let repository = try client.repository(world.registry.repository())
                let sample = try await SampleArtifact()
                try await repository.store(sample.blobs[0], from: sample.store)
                _ = try await repository.resolve(Tag("v1"))
            }
            let scopes = world.tokenRequests.map { $0.query["scope"] }
            #expect(scopes == ["repository%3Ateam%2Fshop%3Apull", "repository%3Ateam%2Fshop%3Apull%2Cpush"])
        }
    }

    @Test("Bearer is preferred among several challenges, in one header or in two")
    func several() async throws {
        try await withTokenWorld(challenge: "Negotiate, Basic realm=\"x\", Bearer realm=\"%/token\", scope=\"a:b:c\"") {
            world in
            try await withRegistryClient(.test()) { client in
                _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
            }
            #expect(world.tokenRequests.first?.target.contains("scope=a%3Ab%3Ac&scope=repository") == true)
        }
    }

    @Test("an identity token is exchanged with POST")
    func identityToken() async throws {
        try await withTokenWorld { world in
            let configuration = RegistryConfiguration.test {
                $0.credentials = credentials(world, .identityToken("refresh+me"))
            }
            try await withRegistryClient(configuration) { client in
                _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
            }
            let request = try #require(world.tokenRequests.first)
            #expect(request.method == "POST")
            #expect(request.target == "/token")
            #expect(request.header("Authorization") == nil)
            let form = String(decoding: request.body, as: UTF8.self)
            #expect(form.hasPrefix("grant_type=refresh_token&client_id=release-capsule&service=fake&scope="))
            #expect(form.hasSuffix("&refresh_token=refresh%2Bme"))
        }
    }

    @Test("a registry token is sent as it is")
    func registryToken() async throws {
        try await withTokenWorld { world in
            let configuration = RegistryConfiguration.test {
                $0.credentials = credentials(world, .registryToken("token-0"))
            }
            try await withRegistryClient(configuration) { client in
                _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
            }
            #expect(world.tokenRequests.isEmpty)
        }
    }

    @Test("a token server that fails is tried again; one that rejects is not", arguments: [503, 429, 401, 403])
    func serverFails(status: Int) async throws {
        let count = Mutex(0)
        try await withTokenWorld(answer: { token, _ in
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            return isFirst ? ScriptedResponse(status) : ScriptedResponse(200, text: "{\"token\":\"\(token)\"}")
        }) { world in
            let configuration = RegistryConfiguration.test {
                $0.credentials = credentials(world, .basic(user: "anna", password: "wrong"))
            }
            try await withRegistryClient(configuration) { client in
                let code = await code {
                    _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
                }
                #expect(code == (status == 401 || status == 403 ? .unauthorized : nil))
            }
            #expect(world.tokenRequests.count == (status == 401 || status == 403 ? 1 : 2))
        }
    }

    @Test(
        "a response without a token, or with one that is not a valid header, is rejected",
        arguments: ["{}", "[]", "token", "{\"token\":\"\"}", "{\"token\":\"a\\r\\nX: y\"}", "{\"token\":7}"])
    func badAnswers(text: String) async throws {
        try await withTokenWorld(answer: { _, _ in ScriptedResponse(200, text: text) }) { world in
            try await withRegistryClient(.test()) { client in
                let code = await code {
                    _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
                }
                #expect(code == .protocolViolation)
            }
        }
    }

    @Test("an endless response of a token server is not read to its end")
    func endlessToken() async throws {
        try await withTokenWorld(answer: { _, _ in
            var response = ScriptedResponse(200, body: noise(10_000, seed: "x"))
            response.isEndless = true
            return response
        }) { world in
            try await withRegistryClient(.test()) { client in
                let code = await code {
                    _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
                }
                #expect(code == .tooLarge)
            }
        }
    }

    @Test("a task that waits for another's fetch starts its own when the other is cancelled")
    func takeOver() async throws {
        let cache = TokenCacheProbe()
        try await cache.check()
    }
}
