import CapsuleTestSupport
import FoundationEssentials
import OCI
import OCIRegistry
import Processes
import Synchronization
import Testing

/// A runner that remembers commands and gives one answer.
final class RecordingRunner: CommandRunner {
    private let seen = Mutex<[Command]>([])
    let result: CommandResult

    init(status: Int32 = 0, _ output: String) {
        result = CommandResult(status: status, output: Array(output.utf8), errorOutput: "")
    }

    var commands: [Command] { seen.withLock { $0 } }

    func run(_ command: Command) async throws -> CommandResult {
        seen.withLock { $0.append(command) }
        return result
    }

    func find(_ name: String) -> String? { "/usr/bin/\(name)" }
}

@Suite("Docker's and podman's logins")
struct DockerCredentialsTests {
    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    private func look(
        up repository: String, in config: String, runner: RecordingRunner = RecordingRunner("{}")
    ) async throws -> Credential? {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/config.json", config)
            return try await DockerCredentials(environment: ["DOCKER_CONFIG": directory], runner: runner)
                .credential(for: Repository(repository))
        }
    }

    @Test(
        "an entry is found under every name that tools write",
        arguments: [
            ("ghcr.io/a/b", "ghcr.io"), ("ghcr.io/a/b", "https://ghcr.io"), ("ghcr.io/a/b", "https://ghcr.io/"),
            ("ghcr.io/a/b", "https://ghcr.io/v1/"), ("ghcr.io/a/b", "ghcr.io/a"), ("ghcr.io/a/b", "ghcr.io/a/b"),
            ("localhost:5000/a", "localhost:5000"), ("docker.io/library/redis", "https://index.docker.io/v1/"),
            ("docker.io/library/redis", "docker.io"), ("docker.io/library/redis", "index.docker.io"),
        ])
    func names(repository: String, key: String) async throws {
        let config = "{\"auths\":{\"\(key)\":{\"auth\":\"\(Self.base64("anna:p:w"))\"}}}"
        #expect(try await look(up: repository, in: config) == .basic(user: "anna", password: "p:w"))
    }

    @Test(
        "other names are not", arguments: ["ghcr.io.evil", "evil/ghcr.io", "ghcr.io/x", "ghcr.io/a/b/c", "ghcr.io:443"])
    func otherNames(key: String) async throws {
        let config = "{\"auths\":{\"\(key)\":{\"auth\":\"\(Self.base64("anna:pw"))\"}}}"
        #expect(try await look(up: "ghcr.io/a/b", in: config) == nil)
    }

    @Test("the entry with the longest name wins")
    func longest() async throws {
        let config = """
            {"auths":{"ghcr.io":{"auth":"\(Self.base64("host:1"))"},"ghcr.io/a":{"auth":"\(Self.base64("team:2"))"}}}
            """
        #expect(try await look(up: "ghcr.io/a/b", in: config) == .basic(user: "team", password: "2"))
        #expect(try await look(up: "ghcr.io/c", in: config) == .basic(user: "host", password: "1"))
    }

    @Test("an identity token is used instead of the password next to it")
    func identityToken() async throws {
        let config = "{\"auths\":{\"a.example\":{\"auth\":\"\(Self.base64("x:"))\",\"identitytoken\":\"refresh\"}}}"
        #expect(try await look(up: "a.example/b", in: config) == .identityToken("refresh"))
    }

    @Test("a helper of one registry counts before the file, the store of all after it")
    func helpers() async throws {
        let runner = RecordingRunner("{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"s\"}")
        let config = """
            {"auths":{"b.example":{"auth":"\(Self.base64("file:1"))"},"a.example":{}},
             "credHelpers":{"a.example":"one"},"credsStore":"two"}
            """
        #expect(try await look(up: "a.example/x", in: config, runner: runner) == .basic(user: "u", password: "s"))
        #expect(try await look(up: "b.example/x", in: config, runner: runner) == .basic(user: "file", password: "1"))
        #expect(try await look(up: "docker.io/x", in: config, runner: runner) == .basic(user: "u", password: "s"))
        #expect(runner.commands.map(\.executable) == ["docker-credential-one", "docker-credential-two"])
        #expect(runner.commands.map(\.arguments) == [["get"], ["get"]])
        #expect(
            runner.commands.map { String(decoding: $0.input, as: UTF8.self) } == [
                "a.example", "https://index.docker.io/v1/",
            ])
    }

    @Test("a helper's <token> is an identity token")
    func helperToken() async throws {
        let runner = RecordingRunner("{\"Username\":\"<token>\",\"Secret\":\"s\"}")
        #expect(
            try await look(up: "a.example/x", in: "{\"credsStore\":\"s\"}", runner: runner) == .identityToken("s"))
    }

    @Test("a helper that knows nothing means anonymous; one that fails is an error")
    func helperFails() async throws {
        let none = RecordingRunner(status: 1, "credentials not found in native keychain\n")
        #expect(try await look(up: "a.example/x", in: "{\"credsStore\":\"s\"}", runner: none) == nil)
        let broken = RecordingRunner(status: 1, "secret-in-output: cannot unlock")
        let error = await failure {
            _ = try await look(up: "a.example/x", in: "{\"credsStore\":\"s\"}", runner: broken)
        }
        #expect(error?.code == .unauthorized)
        #expect(error?.message.contains("docker-credential-s") == true)
        #expect(error?.message.contains("secret-in-output") == false)
    }

    @Test("a helper's name is not a path", arguments: ["../../bin/sh", "a/b", "a b", ".hidden", "a;b"])
    func helperName(name: String) async throws {
        let runner = RecordingRunner("{}")
        let code = await code {
            _ = try await look(up: "a.example/x", in: "{\"credsStore\":\"\(name)\"}", runner: runner)
        }
        #expect(code == .io)
        #expect(runner.commands.isEmpty)
    }

    @Test("a helper sees a bare environment, and no secrets")
    func helperEnvironment() async throws {
        let runner = RecordingRunner("{\"Username\":\"u\",\"Secret\":\"s\"}")
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/config.json", "{\"credsStore\":\"s\"}")
            _ = try await DockerCredentials(
                environment: [
                    "DOCKER_CONFIG": directory, "PATH": "/bin", "HOME": "/home/x", "GITHUB_TOKEN": "secret",
                    "AWS_SECRET_ACCESS_KEY": "secret", "HTTPS_PROXY": "http://u:secret@proxy",
                ], runner: runner
            ).credential(for: Repository("a.example/b"))
            #expect(
                runner.commands.first?.environment == [
                    "DOCKER_CONFIG": directory, "PATH": "/bin", "HOME": "/home/x",
                ])
        }
    }

    @Test("a real helper program is run")
    func realHelper() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile(
                "\(directory)/docker-credential-real",
                "#!/bin/sh\nread server\necho \"{\\\"Username\\\":\\\"$server\\\",\\\"Secret\\\":\\\"$1\\\"}\"\n")
            try await Tool.output(["chmod", "755", "\(directory)/docker-credential-real"])
            try writeFile("\(directory)/config.json", "{\"credHelpers\":{\"a.example\":\"real\"}}")
            let credentials = DockerCredentials(
                environment: ["DOCKER_CONFIG": directory, "PATH": "/usr/bin:/bin"],
                runner: SystemCommandRunner(path: "\(directory):/usr/bin:/bin"))
            #expect(
                try await credentials.credential(for: Repository("a.example/b"))
                    == .basic(user: "a.example", password: "get"))
        }
    }

    @Test("REGISTRY_AUTH_FILE is the only file; without it DOCKER_CONFIG, HOME and XDG_RUNTIME_DIR are looked at")
    func files() async throws {
        try await withTemporaryDirectory { directory in
            func write(_ path: String, _ user: String) throws {
                try writeFile(
                    "\(directory)/\(path)",
                    "{\"auths\":{\"a.example\":{\"auth\":\"\(Self.base64("\(user):x"))\"}}}")
            }
            try write("named.json", "named")
            try write("config/config.json", "config")
            try write("home/.docker/config.json", "home")
            try write("run/containers/auth.json", "run")
            var environment = [
                "REGISTRY_AUTH_FILE": "\(directory)/named.json", "DOCKER_CONFIG": "\(directory)/config",
                "HOME": "\(directory)/home", "XDG_RUNTIME_DIR": "\(directory)/run",
            ]
            for (user, variable) in [
                ("named", "REGISTRY_AUTH_FILE"), ("config", "DOCKER_CONFIG"), ("home", "HOME"),
                ("run", "XDG_RUNTIME_DIR"),
            ] {
                let found = try await DockerCredentials(environment: environment, runner: RecordingRunner(""))
                    .credential(for: Repository("a.example/b"))
                #expect(found == .basic(user: user, password: "x"))
                environment[variable] = nil
            }
            let none = try await DockerCredentials(environment: environment, runner: RecordingRunner(""))
                .credential(for: Repository("a.example/b"))
            #expect(none == nil)
        }
    }

    @Test("a named file that is missing is an error", arguments: ["/nonexistent/auth.json"])
    func missing(path: String) async throws {
        let code = await code {
            _ = try await DockerCredentials(environment: ["REGISTRY_AUTH_FILE": path], runner: RecordingRunner(""))
                .credential(for: Repository("a.example/b"))
        }
        #expect(code == .io)
    }

    @Test(
        "a file that is none is an error that names it",
        arguments: ["", "[]", "{\"auths\":7}", "{\"auths\":{\"a.example\":{\"auth\":\"!!!secret\"}}}"])
    func broken(config: String) async throws {
        let error = await failure { _ = try await look(up: "a.example/b", in: config) }
        #expect(error?.code == .io)
        #expect(error?.message.contains("config.json") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test("a credential shows no secret in any text form")
    func description() {
        for credential in [
            Credential.basic(user: "u", password: "hunter2"), .identityToken("hunter2"), .registryToken("hunter2"),
        ] {
            var dumped = ""
            dump(credential, to: &dumped)
            #expect(!"\(credential) \(String(reflecting: credential)) \(dumped)".contains("hunter2"))
        }
    }
}
