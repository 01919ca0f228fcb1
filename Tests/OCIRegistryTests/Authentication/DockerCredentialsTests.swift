import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Support
import Testing

@testable import OCIRegistry

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

    @Test("an identity token takes precedence over the password of the same entry")
    func identityToken() async throws {
        let config = "{\"auths\":{\"a.example\":{\"auth\":\"\(Self.base64("x:"))\",\"identitytoken\":\"refresh\"}}}"
        #expect(try await look(up: "a.example/b", in: config) == .identityToken("refresh"))
    }

    @Test("a registry's helper takes precedence over the file, and the file over credsStore")
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

    @Test("a helper without a credential means anonymous access; one that fails is an error")
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

    @Test("a helper gets its user's environment as it is, without the passwords of signing keys")
    func helperEnvironment() async throws {
        let runner = RecordingRunner("{\"Username\":\"u\",\"Secret\":\"s\"}")
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/config.json", "{\"credsStore\":\"s\"}")
            let expected = [
                "DOCKER_CONFIG": directory, "PATH": "/bin", "HOME": "/home/x", "GITHUB_TOKEN": "t",
                "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
                "AZURE_CLIENT_SECRET": "s", "GOOGLE_OAUTH_ACCESS_TOKEN": "t", "SSL_CERT_FILE": "/ca",
                "HTTPS_PROXY": "http://u:secret@proxy:1", "https_proxy": "socks4://odd", "NO_PROXY": "10.0.0.0/8",
            ]
            let environment = expected.merging(["CAPSULE_KEY_PASSWORD": "k", "COSIGN_PASSWORD": "c"]) { $1 }
            _ = try await DockerCredentials(environment: environment, runner: runner)
                .credential(for: Repository("a.example/b"))
            #expect(runner.commands.first?.environment == expected)
        }
    }

    @Test("a real helper program is run")
    func realHelper() async throws {
        try await withTemporaryDirectory { directory in
            try await writeProgram(
                "\(directory)/docker-credential-real",
                "#!/bin/sh\nread server\necho \"{\\\"Username\\\":\\\"$server\\\",\\\"Secret\\\":\\\"$1\\\"}\"\n")
            try writeFile("\(directory)/config.json", "{\"credHelpers\":{\"a.example\":\"real\"}}")
            let credentials = DockerCredentials(
                environment: ["DOCKER_CONFIG": directory, "PATH": "/usr/bin:/bin"],
                runner: SystemCommandRunner(path: "\(directory):/usr/bin:/bin"))
            #expect(
                try await credentials.credential(for: Repository("a.example/b"))
                    == .basic(user: "a.example", password: "get"))
        }
    }

    @Test("REGISTRY_AUTH_FILE is the only file; without it docker's file and then podman's in its order are read")
    func files() async throws {
        try await withTemporaryDirectory { directory in
            func write(_ path: String, _ user: String) throws {
                try writeFile(
                    "\(directory)/\(path)",
                    "{\"auths\":{\"a.example\":{\"auth\":\"\(Self.base64("\(user):x"))\"}}}")
            }
            // Each step removes a variable, or a file that an earlier one names.
            let steps: [(user: String, file: String, variable: String?)] = [
                ("named", "named.json", "REGISTRY_AUTH_FILE"), ("config", "config/config.json", "DOCKER_CONFIG"),
                ("home", "home/.docker/config.json", nil), ("run", "run/containers/auth.json", "XDG_RUNTIME_DIR"),
                ("uid", "users/\(SystemCall.user)/auth.json", nil),
                ("xdg", "xdg/containers/auth.json", "XDG_CONFIG_HOME"),
                ("config-home", "home/.config/containers/auth.json", nil),
            ]
            for step in steps { try write(step.file, step.user) }
            var environment = [
                "REGISTRY_AUTH_FILE": "\(directory)/named.json", "DOCKER_CONFIG": "\(directory)/config",
                "HOME": "\(directory)/home", "XDG_RUNTIME_DIR": "\(directory)/run",
                "XDG_CONFIG_HOME": "\(directory)/xdg",
            ]
            func find() async throws -> RegistryLogin? {
                try await DockerCredentials(
                    paths: LoginPaths(environment: environment, perUser: "\(directory)/users"),
                    environment: environment, runner: RecordingRunner("")
                ).login(for: Repository("a.example/b"))
            }
            for step in steps {
                let path = "\(directory)/\(step.file)"
                #expect(try await find() == RegistryLogin(.basic(user: step.user, password: "x"), place: path))
                try FileManager.default.removeItem(atPath: path)
                if let variable = step.variable { environment[variable] = nil }
            }
            #expect(try await find() == nil)
        }
    }

    @Test("DOCKER_AUTH_CONFIG counts before all files but REGISTRY_AUTH_FILE, and its mistakes name it")
    func variable() async throws {
        try await withTemporaryDirectory { directory in
            func logins(_ user: String, _ registry: String = "a.example") -> String {
                "{\"auths\":{\"\(registry)\":{\"auth\":\"\(Self.base64("\(user):hunter2"))\"}}}"
            }
            try writeFile("\(directory)/config.json", logins("file"))
            try writeFile("\(directory)/named.json", logins("named"))
            func find(_ variable: String, _ more: [String: String] = [:]) async throws -> String? {
                let environment = ["DOCKER_CONFIG": directory, "DOCKER_AUTH_CONFIG": variable].merging(more) { $1 }
                let runner = RecordingRunner("{\"Username\":\"helped\",\"Secret\":\"s\"}")
                return try await DockerCredentials(environment: environment, runner: runner)
                    .login(for: Repository("a.example/b"))?.description
            }
            #expect(try await find(logins("ci")) == "user ci from DOCKER_AUTH_CONFIG")
            #expect(
                try await find(#"{"credHelpers":{"a.example":"one"}}"#)
                    == "user helped from docker-credential-one, which DOCKER_AUTH_CONFIG names")
            for other in [logins("ci", "b.example"), "{}", " ", ""] {
                #expect(try await find(other) == "user file from \(directory)/config.json", "\(other)")
            }
            let named = ["REGISTRY_AUTH_FILE": "\(directory)/named.json"]
            #expect(try await find(logins("ci"), named) == "user named from \(directory)/named.json")
            for broken in [
                "hunter2", "/builds/config.json", "\(logins("hunter2")) {}",
                #"{"auths":{"a.example":{"auth":"!!!hunter2"}}}"#,
            ] {
                let error = await failure { _ = try await find(broken) }
                #expect(error?.code == .io)
                #expect(error?.message.contains("DOCKER_AUTH_CONFIG") == true, "\(error?.message ?? "")")
                #expect(error?.message.contains("correct the variable, or unset it") == true)
                #expect(error?.message.contains("hunter2") == false)
            }
        }
    }

    @Test("a file that every user can write is refused, with the command to run; a device is not")
    func writable() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/auth.json"
            try writeFile(path, "{\"auths\":{\"a.example\":{\"auth\":\"\(Self.base64("u:hunter2"))\"}}}")
            func find(_ path: String) async throws -> Credential? {
                try await DockerCredentials(environment: ["REGISTRY_AUTH_FILE": path], runner: RecordingRunner(""))
                    .credential(for: Repository("a.example/b"))
            }
            for mode in ["600", "644", "664", "400"] {
                try await Tool.output(["chmod", mode, path])
                #expect(try await find(path) != nil)
            }
            for mode in ["666", "602", "777"] {
                try await Tool.output(["chmod", mode, path])
                let error = await failure { _ = try await find(path) }
                #expect(error?.code == .io)
                #expect(error?.message.contains("run `chmod go-w \(path)`") == true, "\(error?.message ?? "")")
            }
            #expect(try await find("/dev/null") == nil)
        }
    }

    @Test("a place names the file, and the helper that the file names")
    func places() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/config.json", "{\"credHelpers\":{\"a.example\":\"one\"}}")
            let login = try await DockerCredentials(
                environment: ["DOCKER_CONFIG": directory],
                runner: RecordingRunner("{\"Username\":\"anna\",\"Secret\":\"hunter2\"}")
            ).login(for: Repository("a.example/b"))
            #expect(login?.description == "user anna from docker-credential-one, which \(directory)/config.json names")
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
        "an invalid file is an error that names it",
        arguments: [
            "x", "[]", "{\"auths\":7}", "{\"auths\":{},\"auths\":{}}", "{\"Auths\":{}}",
            "{\"auths\":{\"a.example\":{\"auth\":\"!!!secret\"}}}",
        ])
    func broken(config: String) async throws {
        let error = await failure { _ = try await look(up: "a.example/b", in: config) }
        #expect(error?.code == .io)
        #expect(error?.message.contains("config.json") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "odd entries of other registries are passed over, and an empty file has no logins",
        arguments: [
            #""b.example":7"#, #""b.example":null"#, #""b.example":{"auth":7}"#, #""b.example":{"auth":"!!!"}"#,
            #""":{}"#, #""A.Example":{},"A.EXAMPLE":{}"#,
            #""b\u0000.example":{"auth":[]}"#, #""/":{}"#, #""https://":{}"#,
        ])
    func odd(entry: String) async throws {
        let config = """
            {"auths":{\(entry),"a.example":{"auth":"\(Self.base64("u:p"))"}},"credHelpers":{"c.example":7},"credsStore":"",
             "HttpHeaders":{"X-A":"1","x-a":"2"},"other":[1e30]}
            """
        #expect(try await look(up: "a.example/b", in: config) == .basic(user: "u", password: "p"))
        #expect(try await look(up: "c.example/b", in: config) == nil)
        #expect(try await look(up: "a.example/b", in: " \n") == nil)
    }

    @Test("a file that is too large, or nested too deeply, is an error that names it")
    func limits() async throws {
        let large = "{\"x\":\"\(String(repeating: "x", count: LoginFile.maximumSize))\"}"
        let deep = "{\"x\":\(String(repeating: "[", count: 1_000))\(String(repeating: "]", count: 1_000))}"
        for config in [large, deep] {
            let error = await failure { _ = try await look(up: "a.example/b", in: config) }
            #expect(error?.code == .io && error?.message.contains("config.json") == true)
        }
    }

    @Test("no text of a credential contains its secret")
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
