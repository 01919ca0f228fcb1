import CapsuleTestSupport
import FoundationEssentials
import Logging
import OCI
import Processes
import Synchronization
import Testing

@testable import OCIRegistry

/// A credential helper whose answer a test changes.
private final class ChangingHelper: CommandRunner {
    private let state = Mutex<(password: String?, runs: Int)>((nil, 0))

    /// The password; nil for a helper that has none.
    var password: String? {
        get { state.withLock { $0.password } }
        set { state.withLock { $0.password = newValue } }
    }
    var runs: Int { state.withLock { $0.runs } }

    init(_ password: String?) { self.password = password }

    func run(_ command: Command) async throws -> CommandResult {
        let password = state.withLock { state in
            state.runs += 1
            return state.password
        }
        guard let password else {
            return CommandResult(
                status: 1, output: Array("credentials not found in native keychain".utf8), errorOutput: "")
        }
        return CommandResult(
            status: 0, output: Array("{\"Username\":\"anna\",\"Secret\":\"\(password)\"}".utf8), errorOutput: "")
    }

    func find(_ name: String) -> String? { "/usr/bin/\(name)" }
}

/// A registry that accepts one password, which a test changes, and answers others with a status.
private struct ChangingRegistry {
    let registry: FakeRegistry
    let clock = TestClock()
    let logged = Logged()
    let password: CurrentPassword

    final class CurrentPassword: Sendable {
        private let text: Mutex<String>
        init(_ text: String) { self.text = Mutex(text) }
        func set(_ new: String) { text.withLock { $0 = new } }
        func accepts(_ header: String?) -> Bool {
            header == "Basic " + Data("anna:\(text.withLock { $0 })".utf8).base64EncodedString()
        }
    }

    final class Logged: Sendable {
        private let lines = Mutex<[String]>([])
        var text: String { lines.withLock { $0.joined(separator: "\n") } }
        func add(_ event: LogEvent) {
            lines.withLock { $0.append("\(event.level.rawValue) \(event.message) \(event.fields)") }
        }
    }

    /// A client that reads the logins of a directory.
    func withRepository<Result>(
        _ directory: String, _ helper: ChangingHelper = ChangingHelper(nil),
        _ body: (RegistryRepository) async throws -> Result
    ) async throws -> Result {
        let configuration = RegistryConfiguration.test(clock) {
            $0.credentials = DockerCredentials(
                paths: LoginPaths(environment: ["DOCKER_CONFIG": directory], perUser: "\(directory)/none"),
                environment: [:], runner: helper)
            $0.logger = Logger(level: .debug) { logged.add($0) }
        }
        return try await withRegistryClient(configuration) { client in
            try await body(client.repository(registry.repository()))
        }
    }

    func config(_ password: String) -> String {
        "{\"auths\":{\"\(registry.host)\":{\"auth\":\"\(Data("anna:\(password)".utf8).base64EncodedString())\"}}}"
    }
}

@Suite("Renewed logins", .timeLimit(.minutes(1)))
struct RenewedLoginTests {
    private func withRegistry<Result: Sendable>(
        accepting first: String, refusing status: Int = 401,
        _ body: @Sendable (ChangingRegistry, String) async throws -> Result
    ) async throws -> Result {
        let password = ChangingRegistry.CurrentPassword(first)
        var options = FakeRegistryOptions()
        options.challenge = "Basic realm=\"r\""
        // Without a login, a registry sends its challenge. ECR then refuses a login that has ended with 403.
        options.authorization = { $0 != nil && status == 403 || password.accepts($0) }
        let faults = [
            Fault(
                nil, "/v2/", times: .max,
                .decide { request in
                    let header = request.header("Authorization")
                    guard status == 403, header != nil, !password.accepts(header) else { return nil }
                    return ScriptedResponse(403, text: "{\"errors\":[{\"code\":\"DENIED\"}]}")
                })
        ]
        return try await withTemporaryDirectory { directory in
            try await withFakeRegistry(options, faults: faults) { registry in
                try await body(ChangingRegistry(registry: registry, password: password), directory)
            }
        }
    }

    @Test("a config.json that arrives late, and one that is swapped as kubelet does, are read")
    func swappedFile() async throws {
        try await withRegistry(accepting: "first") { world, directory in
            try await world.withRepository(directory) { repository async throws in
                #expect(await code { _ = try await repository.resolve(Tag("v1")) } == .unauthorized)
                func publish(_ generation: String, _ password: String) async throws {
                    try writeFile("\(directory)/..\(generation)/config.json", world.config(password))
                    let swap = "ln -s ..\(generation) ..data_tmp && mv -T ..data_tmp ..data"
                    try await Tool.output(["sh", "-c", swap], in: directory)
                }
                try await publish("2026_1", "first")
                try FileManager.default.createSymbolicLink(
                    atPath: "\(directory)/config.json", withDestinationPath: "..data/config.json")
                #expect(try await repository.resolve(Tag("v1")) == nil)

                world.password.set("second")
                try await publish("2026_2", "second")
                let before = world.registry.requests.count
                #expect(try await repository.resolve(Tag("v1")) == nil)
                #expect(world.registry.requests.count == before + 1, "the old login was sent")
            }
        }
    }

    @Test("a login that has ended is renewed within the request", arguments: [401, 403])
    func endedLogin(status: Int) async throws {
        try await withRegistry(accepting: "first", refusing: status) { world, directory in
            try writeFile("\(directory)/config.json", "{\"credsStore\":\"ecr\"}")
            let helper = ChangingHelper("first")
            try await world.withRepository(directory, helper) { repository async throws in
                #expect(try await repository.resolve(Tag("v1")) == nil)
                #expect(try await repository.resolve(Tag("v2")) == nil)
                #expect(helper.runs == 1)

                (helper.password, _) = ("second", world.password.set("second"))
                world.clock.advance(.seconds(60))
                #expect(try await repository.resolve(Tag("v1")) == nil)
                #expect(helper.runs == 2)

                // The same for content that is sent, which cannot be sent twice.
                (helper.password, _) = ("third", world.password.set("third"))
                world.clock.advance(.seconds(60))
                let content = noise(40_000, seed: "renewed")
                let blob = Descriptor(mediaType: "application/octet-stream", content: content)
                try await repository.store(blob, from: BytesSource(content))
                #expect(world.registry.blob(blob.digest) == content)

                // A login that is refused for good is looked up once a second at most.
                world.password.set("fourth")
                world.clock.advance(.seconds(60))
                let runs = helper.runs
                for _ in 0..<5 {
                    #expect(await code { _ = try await repository.resolve(Tag("v1")) } == .unauthorized)
                }
                #expect(helper.runs == runs + 1)
            }
            #expect(!world.logged.text.contains("second") && !world.logged.text.contains("third"))
        }
    }

    @Test("the upload of a blob goes on when its login ends after it began", arguments: [401, 403])
    func endsDuringUpload(status: Int) async throws {
        try await withRegistry(accepting: "first", refusing: status) { world, directory in
            try writeFile("\(directory)/config.json", "{\"credsStore\":\"ecr\"}")
            let helper = ChangingHelper("first")
            try await world.withRepository(directory, helper) { repository async throws in
                let content = noise(40_000, seed: "during")
                let blob = Descriptor(mediaType: "application/octet-stream", content: content)
                let source = HookedSource(content, at: 0) {
                    (helper.password, _) = ("second", world.password.set("second"))
                    world.clock.advance(.seconds(60))
                }
                try await repository.store(blob, from: source)
                #expect(world.registry.blob(blob.digest) == content)
            }
        }
    }

    @Test("that a helper has no login is not remembered, and its answer is read again after ten minutes")
    func helperWithoutLogin() async throws {
        try await withRegistry(accepting: "first") { world, directory in
            try writeFile("\(directory)/config.json", "{\"credsStore\":\"ecr\"}")
            let helper = ChangingHelper(nil)
            try await world.withRepository(directory, helper) { repository async throws in
                #expect(await code { _ = try await repository.resolve(Tag("v1")) } == .unauthorized)
                helper.password = "first"
                world.clock.advance(.seconds(2))
                #expect(try await repository.resolve(Tag("v1")) == nil)
                #expect(helper.runs == 2)
                world.clock.advance(LoginCache.age - .seconds(1))
                #expect(try await repository.resolve(Tag("v1")) == nil)
                #expect(helper.runs == 2)
                world.clock.advance(.seconds(1))
                #expect(try await repository.resolve(Tag("v1")) == nil)
                #expect(helper.runs == 3)
            }
        }
    }

    @Test(
        "a token server that rejects a login gets the renewed one, and tokens of the old one are not used",
        arguments: [401, 403])
    func tokenServer(status: Int) async throws {
        let password = ChangingRegistry.CurrentPassword("first")
        let accepted = Mutex("token-1")
        try await withTokenWorld(answer: { _, request in
            guard password.accepts(request.header("Authorization")) else { return ScriptedResponse(status) }
            return ScriptedResponse(200, text: "{\"token\":\"\(accepted.withLock { $0 })\",\"expires_in\":300}")
        }) { world in
            let helper = ChangingHelper("first")
            let clock = TestClock()
            try await withTemporaryDirectory { directory in
                try writeFile("\(directory)/config.json", "{\"credsStore\":\"gcr\"}")
                let configuration = RegistryConfiguration.test(clock) {
                    $0.credentials = DockerCredentials(environment: ["DOCKER_CONFIG": directory], runner: helper)
                }
                try await withRegistryClient(configuration) { client in
                    let repository = try client.repository(world.registry.repository())
                    #expect(try await repository.resolve(Tag("v1")) == nil)
                    // The token ends, and with it the login.
                    (helper.password, _) = ("second", password.set("second"))
                    clock.advance(.seconds(400))
                    accepted.withLock { $0 = "token-3" }
                    #expect(try await repository.resolve(Tag("v1")) == nil)
                    #expect(world.tokenRequests.count == 3)
                    #expect(helper.runs == 2)
                }
            }
        }
    }

    @Test("a file that cannot be used leaves the last login in use, until it is refused")
    func brokenFile() async throws {
        try await withRegistry(accepting: "first") { world, directory in
            try writeFile("\(directory)/config.json", world.config("first"))
            try await world.withRepository(directory) { repository async throws in
                #expect(try await repository.resolve(Tag("v1")) == nil)
                try writeFile("\(directory)/config.json", "{\"auths\":{")
                #expect(try await repository.resolve(Tag("v1")) == nil)
                #expect(try await repository.resolve(Tag("v1")) == nil)
                let warnings = world.logged.text.split(separator: "\n").filter { $0.hasPrefix("warning") }
                #expect(warnings.count == 1)
                #expect(warnings.first?.contains("\(directory)/config.json is not a Docker configuration file") == true)

                world.password.set("second")
                world.clock.advance(.seconds(2))
                let error = await failure { _ = try await repository.resolve(Tag("v1")) }
                #expect(error?.message.contains("\(directory)/config.json is not a Docker") == true)
                try writeFile("\(directory)/config.json", world.config("second"))
                #expect(try await repository.resolve(Tag("v1")) == nil)
            }
        }
    }
}
