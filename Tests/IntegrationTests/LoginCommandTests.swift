import CapsuleTestSupport
import FoundationEssentials
import Processes
import Support
import Testing

@Suite("capsule login and logout", .timeLimit(.minutes(2)), .needs("docker-registry", "htpasswd", "python3"))
struct LoginCommandTests {
    private static let password = "right-horse-battery"

    private static func capsule(
        _ arguments: [String], home: String, environment: [String: String] = [:], input: String = ""
    ) async throws -> CapsuleProgram.Outcome {
        let result = try await Tool.run(
            [CapsuleProgram.path] + arguments, in: home,
            environment: ["HOME": home, "XDG_CACHE_HOME": "/dev/null/cache"].merging(environment) { $1 },
            input: Array(input.utf8))
        return CapsuleProgram.Outcome(
            status: result.status, output: String(decoding: result.output, as: UTF8.self), errors: result.errorOutput)
    }

    private func with(_ body: @Sendable (_ home: String, _ host: String) async throws -> Void) async throws {
        try await withDockerRegistry(authentication: .basic(user: "me", password: Self.password)) { registry in
            try await withTemporaryDirectory { home in try await body(home, registry.host) }
        }
    }

    @Test("skopeo and oras work with the login that was stored, and capsule with theirs", .needs("skopeo", "oras"))
    func others() async throws {
        try await with { home, host in
            let login = ["login", host, "--username", "me", "--password-stdin"]
            let wrong = try await Self.capsule(
                login + ["--output", "json"], home: home, input: "wrong-horse-battery\n")
            #expect(wrong.status == 77, "\(wrong.errors)")
            #expect(
                wrong.errors.contains("\(host) rejects the login of \"me\"")
                    && wrong.errors.contains("Nothing was stored"))
            #expect(!FileManager.default.fileExists(atPath: "\(home)/.docker"))
            let right = try await Self.capsule(login, home: home, input: Self.password + "\n")
            try expectSuccess(right)
            #expect(right.output == "me is logged in to \(host); the login is in \(home)/.docker/config.json\n")
            #expect(right.errors.contains("unencrypted"), "\(right.errors)")
            for outcome in [wrong, right] {
                for secret in ["horse-battery", Data("me:\(Self.password)".utf8).base64EncodedString()] {
                    #expect(!(outcome.output + outcome.errors).contains(secret))
                }
            }
            func tool(_ arguments: String..., environment: [String: String] = [:]) async throws -> CommandResult {
                try await Tool.run(
                    arguments, in: home, environment: ["HOME": home].merging(environment) { $1 },
                    input: Array(Self.password.utf8))
            }
            try writeFile("\(home)/file", "content")
            let pushed = try await tool("oras", "push", "--plain-http", "\(host)/a:v1", "file")
            #expect(pushed.succeeded, "\(pushed.errorOutput)")
            let inspected = try await tool("skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(host)/a:v1")
            #expect(inspected.succeeded, "\(inspected.errorOutput)")
            let listed = try await Self.capsule(["list", "\(host)/a"], home: home)
            try expectSuccess(listed)
            let doctor = try await Self.capsule(["doctor", "\(host)/a"], home: home)
            try expectSuccess(doctor)
            #expect(doctor.output.contains("user me from \(home)/.docker/config.json"), "\(doctor.output)")
            #expect(doctor.output.contains("it has no referrers API"), "\(doctor.output)")
            #expect(!doctor.output.contains("horse-battery"))

            // The other way round: logged out of one place, logged in at the other.
            let out = try await Self.capsule(["logout", host, "--output", "json"], home: home)
            try expectSuccess(out)
            #expect(out.output.contains("\"\(home)/.docker/config.json\""), "\(out.output)")
            #expect(try await !tool("oras", "repo", "tags", "--plain-http", "\(host)/a").succeeded)
            let anonymous = try await Self.capsule(["list", "\(host)/a"], home: home)
            #expect(
                anonymous.status == 77 && anonymous.errors.contains("run `capsule login \(host)`"),
                "\(anonymous.errors)")
            let run = ["XDG_RUNTIME_DIR": "\(home)/run"]
            try await Tool.output(["mkdir", "\(home)/run"])
            let theirs = try await tool(
                "skopeo", "login", "--tls-verify=false", "--username", "me", "--password-stdin", host, environment: run)
            #expect(theirs.succeeded, "\(theirs.errorOutput)")
            try expectSuccess(try await Self.capsule(["list", "\(host)/a"], home: home, environment: run))
            let gone = try await Self.capsule(["logout", host], home: home, environment: run)
            #expect(gone.output == "the login to \(host) is removed from \(home)/run/containers/auth.json\n")
            let none = try await Self.capsule(["logout", host], home: home, environment: run)
            #expect(none.status == 0 && none.output == "there is no login to \(host)\n")
            let oras = try await tool(
                "oras", "login", "--plain-http", "--username", "me", "--password-stdin", host,
                environment: ["DOCKER_CONFIG": "\(home)/oras"])
            #expect(oras.succeeded, "\(oras.errorOutput)")
            try expectSuccess(
                try await Self.capsule(
                    ["list", "\(host)/a"], home: home, environment: ["DOCKER_CONFIG": "\(home)/oras"]))
        }
    }

    @Test("the login in DOCKER_AUTH_CONFIG is the one of crane, cosign and capsule", .needs("oras", "crane", "cosign3"))
    func variable() async throws {
        try await with { home, host in
            func logins(_ password: String) -> [String: String] {
                let auth = Data("me:\(password)".utf8).base64EncodedString()
                return ["HOME": home, "DOCKER_AUTH_CONFIG": #"{"auths":{"\#(host)":{"auth":"\#(auth)"}}}"#]
            }
            func tool(_ arguments: [String], _ environment: [String: String]) async throws -> CommandResult {
                try await Tool.run(arguments, in: home, environment: environment, input: Array(Self.password.utf8))
            }
            try writeFile("\(home)/file", "content")
            let pushed = try await tool(
                [
                    "oras", "push", "--plain-http", "--username", "me", "--password-stdin", "\(host)/team/shop:v1",
                    "file",
                ], ["HOME": home])
            #expect(pushed.succeeded, "\(pushed.errorOutput)")
            // With a wrong login in the file, and with a wrong one in the variable: the variable counts for each program.
            let wrong = Data("me:wrong-horse-battery".utf8).base64EncodedString()
            let right = Data("me:\(Self.password)".utf8).base64EncodedString()
            for (file, variable) in [(wrong, Self.password), (right, "wrong-horse-battery")] {
                try writeFile("\(home)/.docker/config.json", #"{"auths":{"\#(host)":{"auth":"\#(file)"}}}"#)
                for program in [
                    ["crane", "digest", "\(host)/team/shop:v1"], ["cosign3", "tree", "\(host)/team/shop:v1"],
                    [CapsuleProgram.path, "list", "\(host)/team/shop"],
                ] {
                    let result = try await tool(program, logins(variable))
                    #expect(result.succeeded == (file == wrong), "\(program): \(result.errorOutput)")
                }
            }
            let rejected = try await Self.capsule(
                ["list", "\(host)/team/shop"], home: home, environment: logins("wrong-horse-battery"))
            #expect(rejected.status == 77, "\(rejected.errors)")
            #expect(
                rejected.errors.contains("user me from DOCKER_AUTH_CONFIG")
                    && rejected.errors.contains("put an account that has access into DOCKER_AUTH_CONFIG, or unset it")
                    && !rejected.errors.contains("capsule log"), "\(rejected.errors)")
            // What login and logout change does not count while the variable is set, and they say so.
            let login = try await Self.capsule(
                ["login", host, "--username", "me", "--password-stdin"], home: home,
                environment: logins("wrong-horse-battery"), input: Self.password)
            try expectSuccess(login)
            #expect(login.errors.contains("DOCKER_AUTH_CONFIG has a login to \(host)"), "\(login.errors)")
            let logout = try await Self.capsule(
                ["logout", host], home: home, environment: logins("wrong-horse-battery"))
            try expectSuccess(logout)
            #expect(logout.errors.contains("DOCKER_AUTH_CONFIG still has a login to \(host)"), "\(logout.errors)")
        }
    }

    @Test("at a terminal it prompts for the user and the password, and does not show the password")
    func prompt() async throws {
        try await with { home, host in
            let script = """
                import os, pty, sys
                pid, terminal = pty.fork()
                if pid == 0:
                    os.execv(sys.argv[1], sys.argv[1:])
                seen = b""
                for prompt, line in [(b"user: ", b"me\\n"), (b"password of me at", b"\(Self.password)\\n")]:
                    while prompt not in seen:
                        seen += os.read(terminal, 1024)
                    os.write(terminal, line)
                try:
                    while True:
                        chunk = os.read(terminal, 1024)
                        if not chunk: break
                        seen += chunk
                except OSError:
                    pass
                print(seen.decode())
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                """
            let asked = try await Tool.run(
                ["python3", "-c", script, CapsuleProgram.path, "login", host], in: home, environment: ["HOME": home])
            #expect(asked.status == 0, "\(asked.text)\(asked.errorOutput)")
            #expect(
                asked.text.contains("me is logged in to \(host)") && !asked.text.contains(Self.password),
                "\(asked.text)")
        }
    }

    @Test(
        "what is wrong with the arguments or stdin is said before anything is asked",
        arguments: [
            (["login"], "", "<host>"), (["login", "a.example/b"], "", "is not a registry"),
            (["login", "a.example", "--password-stdin"], "x", "--password-stdin requires --username"),
            (["login", "a.example", "--username", "a:b", "--password-stdin"], "x", "colon"),
            (["login", "a.example"], "", "give --username NAME and --password-stdin"),
            (["login", "a.example", "--username", "u"], "", "give --username NAME and --password-stdin"),
            (["login", "a.example", "--username", "u", "--password-stdin"], "\n", "the password is empty"),
            (["login", "a.example", "--username", "u", "--password-stdin"], "a\0b", "is not text"),
            (
                ["login", "https://u:hunter2@a.example", "--username", "u", "--password-stdin"], "x",
                "is not a registry"
            ),
            (["logout"], "", "<host>"), (["logout", "shop"], "", "is not a registry"),
        ] as [([String], String, String)])
    func wrong(arguments: [String], input: String, words: String) async throws {
        try await withTemporaryDirectory { home in
            let outcome = try await Self.capsule(arguments, home: home, input: input)
            #expect(outcome.status == 64, "\(outcome.errors)")
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
            #expect(!outcome.errors.contains("hunter2"))
        }
    }
}
