import CapsuleTestSupport
import FoundationEssentials
import Logging
import OCI
import OCIRegistry
import Support
import Synchronization
import Testing

/// Keeps every log line, metadata included.
final class LogRecorder: Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    func logger() -> Logger {
        Logger(level: .trace) { event in
            self.lines.withLock { $0.append("\(event.message) \(event.metadata)") }
        }
    }
}

@Suite("C10: secrets", .timeLimit(.minutes(1)))
struct SecretsTests {
    /// The secrets: in clear, in base64, with and without a user name.
    private static let secrets = ["pass-hunter2", "bearer-hunter3", "signature-hunter4", "refresh-hunter5"]

    private func expectNone(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        for secret in Self.secrets {
            for form in [
                secret, Data(secret.utf8).base64EncodedString(), Data("anna:\(secret)".utf8).base64EncodedString(),
            ] {
                #expect(!text.contains(form), "\(text)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test(
        "are in no log and no error, with everything logged and a registry that repeats them",
        arguments: [200, 307, 400, 401, 403, 404, 429, 500, 0], ["basic", "bearer", "identity"])
    func nowhere(status: Int, kind: String) async throws {
        let recorder = LogRecorder()
        // Whatever fails says what it was sent, in every way that it can.
        let echo: @Sendable (ReceivedRequest) -> ScriptedResponse = { request in
            let sent = request.header("Authorization") ?? "signature-hunter4"
            return ScriptedResponse(
                status,
                headers: [
                    ("Location", "http://127.0.0.1:1/x?Signature=signature-hunter4"), ("X-Echo", sent),
                    ("WWW-Authenticate", "Basic realm=\"pass-hunter2 bearer-hunter3\""),
                    ("Docker-Content-Digest", "pass-hunter2".uppercased()),
                ],
                text: "{\"errors\":[{\"code\":\"\(sent)\",\"message\":\"\(sent)\",\"detail\":\"\(sent)\"}]}")
        }
        let token = ScriptedResponse(200, text: "{\"token\":\"bearer-hunter3\"}")
        try await withScriptedServer(answer: { _ in token }) { tokens in
            let challenge = kind == "basic" ? "Basic realm=\"r\"" : "Bearer realm=\"\(tokens.origin)/t\""
            let good =
                kind == "basic"
                ? "Basic \(Data("anna:pass-hunter2".utf8).base64EncodedString())" : "Bearer bearer-hunter3"
            try await withScriptedServer(answer: { request in
                guard request.header("Authorization") == good else {
                    return ScriptedResponse(401, headers: [("WWW-Authenticate", challenge)])
                }
                return echo(request)
            }) { server in
                let configuration = RegistryConfiguration.test {
                    $0.logger = recorder.logger()
                    $0.credentials = FixedCredentials([
                        server.authority: kind == "identity"
                            ? .identityToken("refresh-hunter5") : .basic(user: "anna", password: "pass-hunter2")
                    ])
                }
                let descriptor = Descriptor(mediaType: "a/b", content: [1, 2, 3])
                let manifest = Descriptor(mediaType: MediaType.imageManifest, content: [1, 2, 3])
                try await withRegistryClient(configuration) { client in
                    let repository = try client.repository(Repository("\(server.authority)/team/shop"))
                    let operations: [@Sendable () async throws -> Void] = [
                        { _ = try await read(descriptor, from: repository) },
                        { _ = try await repository.manifest(manifest) },
                        { _ = try await repository.resolve(Tag("v1")) },
                        { _ = try await repository.tags() },
                        { _ = try await repository.referrers(of: descriptor.digest) },
                        { try await repository.store(descriptor, from: BytesSource([1, 2, 3])) },
                    ]
                    for operation in operations {
                        do { try await operation() } catch {
                            var dumped = ""
                            dump(error, to: &dumped)
                            expectNone("\(error) \(String(reflecting: error)) \(dumped)")
                        }
                    }
                }
                #expect(server.requests.contains { $0.header("Authorization") == good })
            }
        }
        #expect(!recorder.text.isEmpty)
        expectNone(recorder.text)
    }

    @Test("a token server that repeats them is not quoted", arguments: [200, 302, 400, 401, 500])
    func tokenServer(status: Int) async throws {
        let recorder = LogRecorder()
        try await withTokenWorld(answer: { _, request in
            ScriptedResponse(
                status, headers: [("Location", "http://127.0.0.1:1/?x=pass-hunter2")],
                text: "{\"error\":\"\(request.header("Authorization") ?? "")\",\"details\":\"pass-hunter2\"}")
        }) { world in
            let configuration = RegistryConfiguration.test {
                $0.logger = recorder.logger()
                $0.credentials = FixedCredentials([world.registry.host: .basic(user: "anna", password: "pass-hunter2")])
            }
            try await withRegistryClient(configuration) { client in
                let error = await failure {
                    _ = try await client.repository(world.registry.repository()).resolve(Tag("v1"))
                }
                expectNone("\(String(reflecting: error))")
                #expect(error != nil)
            }
        }
        expectNone(recorder.text)
    }

    @Test("a configuration shows none when it is printed")
    func configuration() {
        var configuration = RegistryConfiguration(logger: quietLogger)
        configuration.credentials = FixedCredentials(["a.example": .basic(user: "anna", password: "pass-hunter2")])
        var dumped = ""
        dump(configuration, to: &dumped)
        expectNone("\(configuration) \(dumped)")
    }

    @Test("no text of a configuration contains a proxy's password")
    func proxies() {
        var configuration = RegistryConfiguration(logger: quietLogger)
        configuration.proxies = ProxySettings(environment: ["HTTPS_PROXY": "http://anna:pass-hunter2@proxy:1"])
        var dumped = ""
        dump(configuration, to: &dumped)
        expectNone("\(configuration) \(String(reflecting: configuration.proxies)) \(dumped)")
    }
}
