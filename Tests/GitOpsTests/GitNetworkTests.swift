import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Support
import Synchronization
import Testing

@testable import GitOps

/// How Git reaches remotes: proxies, authorities and plain HTTP.
@Suite("Git's network", .needs("git", "openssl"), .timeLimit(.minutes(1)))
struct GitNetworkTests {
    private static let path = ["PATH": "/usr/local/bin:/usr/bin:/bin"]

    /// Lists the branches of a remote, which the servers of these tests do not have.
    private func list(_ address: String, _ git: Git, in directory: String) async throws -> CommandResult {
        let remote = try GitRemote(address, plainHTTPHosts: git.plainHTTPHosts)
        return try await git.remote(["ls-remote", "--end-of-options", remote.address], remote, in: directory)
    }

    @Test(
        "a slow transfer goes on for an hour, where a connection that stands still ends by itself",
        arguments: [
            ("https://git.example.com/x.git", [:], "http.lowSpeedTime=30", 3_600),
            ("ssh://git@git.example.com/x.git", [:], "-oServerAliveInterval=15", 3_600),
            ("ssh://git@git.example.com/x.git", ["GIT_SSH_COMMAND": "ssh -v"], "ssh -v", 300),
            ("file:///x.git", [:], "ls-remote", 300),
        ] as [(String, [String: String], String, Int)])
    func slow(_ address: String, _ environment: [String: String], _ words: String, _ seconds: Int) async throws {
        let recorder = RecordingCommands {
            CommandResult(status: $0.arguments.first == "config" ? 1 : 0, output: [], errorOutput: "")
        }
        _ = try await list(address, Git(runner: recorder, environment: Self.path.merging(environment) { $1 }), in: "/")
        let command = try #require(recorder.commands.last)
        #expect(command.deadline == .seconds(seconds))
        let text = (command.arguments + [command.environment["GIT_SSH_COMMAND"] ?? ""]).joined(separator: " ")
        #expect(text.contains(words), "\(text)")
    }

    @Test("NO_PROXY means for Git what it means for registries")
    func exceptions() async throws {
        try await withTemporaryDirectory { directory in
            try await withScriptedServer(answer: { _ in ScriptedResponse(404) }) { server in
                try await withScriptedServer(answer: { _ in ScriptedResponse(404) }) { proxy in
                    // libcurl does not ask a name server for this name.
                    try writeFile(
                        "\(directory)/.gitconfig",
                        "[http]\n\tcurloptResolve = git.corp.example:\(server.port):127.0.0.1\n")
                    let port = server.port
                    for (name, list, isDirect) in [
                        ("http_proxy", "", false), ("HTTP_PROXY", "other.example", false), ("all_proxy", "", false),
                        ("http_proxy", "corp.example", true), ("http_proxy", "a.example .corp.example", true),
                        ("http_proxy", "*.corp.example", true), ("http_proxy", "GIT.corp.example.", true),
                        // libcurl would ignore the dot, the port and the star.
                        ("http_proxy", ".git.corp.example", false), ("http_proxy", "git.corp.example:\(port)", true),
                        ("http_proxy", "git.corp.example:1", false), ("http_proxy", "*.git.corp.example", false),
                        ("http_proxy", "a.example,*", true), ("config", "git.corp.example", true),
                        ("config", ".git.corp.example", false),
                    ] {
                        var environment = Self.path.merging(["HOME": directory, "no_proxy": list]) { $1 }
                        let address = "http://me:hunter2@127.0.0.1:\(proxy.port)"
                        if name == "config" {
                            environment["HOME"] = "\(directory)/config"
                            try writeFile(
                                "\(directory)/config/.gitconfig",
                                readFile("\(directory)/.gitconfig") + Array("\tproxy = \(address)\n".utf8))
                        } else {
                            environment[name] = address
                        }
                        let recorder = RecordingCommands()
                        var git = Git(runner: recorder, environment: environment)
                        git.plainHTTPHosts = ["git.corp.example"]
                        let (served, proxied) = (server.requests.count, proxy.requests.count)
                        let result = try await self.list("http://git.corp.example:\(port)/x.git", git, in: directory)
                        let place = "\(name)=… no_proxy=\(list): \(result.errorOutput)"
                        #expect((server.requests.count > served) == isDirect, "\(place)")
                        #expect((proxy.requests.count > proxied) == !isDirect, "\(place)")
                        #expect(!recorder.arguments.contains { $0.contains("hunter2") }, "\(place)")
                    }
                    // This machine is never reached through a proxy.
                    let environment = Self.path.merging(["http_proxy": "http://127.0.0.1:\(proxy.port)"]) { $1 }
                    let before = proxy.requests.count
                    let git = Git(runner: SystemCommandRunner(), environment: environment)
                    _ = try await list("\(server.origin)/x.git", git, in: directory)
                    #expect(proxy.requests.count == before)
                }
            }
        }
    }

    @Test(
        "the same decision is made for addresses and ranges of both families, and credential helpers keep their exceptions",
        arguments: [
            ("10.0.0.0/8", "https://10.1.2.3/x", true), ("10.0.0.0/8", "https://11.1.2.3/x", false),
            ("fd00::/8", "https://[fd00::7]:8443/x", true), ("[fd00::7]:8443", "https://[fd00::7]:8443/x", true),
            ("[fd00::7]:8443", "https://[fd00::7]/x", false), ("192.168.7.7:443", "https://192.168.7.7/x", true),
            ("::ffff:10.0.0.1", "https://10.0.0.1/x", true),
            ("169.254.169.254,.corp.example", "https://corp.example/x", false),
        ])
    func ranges(list: String, address: String, isDirect: Bool) throws {
        let environment = [
            "https_proxy": "socks5://proxy.example:1080", "http_proxy": "http://other", "NO_PROXY": list,
        ]
        let server = try #require(try GitRemote(address).server)
        #expect(ProxyExceptions(list).contains(host: server.host, port: server.port) == isDirect)
        let choice = GitProxies(environment: environment).choice(for: server, isPlain: false)
        #expect(choice.options == (isDirect ? ["-c", "http.proxy="] : []))
        #expect(choice.environment["https_proxy"] == (isDirect ? nil : "socks5h://proxy.example:1080"))
        #expect(choice.environment["http_proxy"] == nil)
        if list.hasPrefix("169") { #expect(choice.environment["no_proxy"] == "169.254.169.254") }
    }

    @Test("Git trusts the authorities of registries in addition to its own, and a file is read for each command")
    func authorities() async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/other/README", "")
            let other = try await TLSIdentity.make(in: "\(directory)/other")
            let identity = try await TLSIdentity.make(in: directory)
            try await withScriptedServer(tls: identity, answer: { _ in ScriptedResponse(404) }) { server in
                let trusted = Mutex<GitAuthorities?>(nil)
                let recorder = RecordingCommands()
                func reaches(_ variables: [String: String] = [:]) async throws -> Bool {
                    let environment = Self.path.merging(["HOME": directory]) { $1 }
                    var git = Git(runner: recorder, environment: environment.merging(variables) { $1 })
                    git.authorities = { trusted.withLock { $0 } }
                    let before = server.requests.count
                    let result = try await list("\(server.origin)/x.git", git, in: directory)
                    let isReached = server.requests.count > before
                    #expect(isReached || result.errorOutput.contains("certificate"), "\(result.errorOutput)")
                    return isReached
                }
                let pem = try readFile(identity.certificateFile)
                let otherPEM = try readFile(other.certificateFile)
                #expect(try await !reaches())
                for includesSystem in [true, false] {
                    trusted.withLock { $0 = GitAuthorities(pem: otherPEM, includesSystem: includesSystem) }
                    #expect(try await !reaches())
                    // What Git itself is configured with is not taken away.
                    #expect(try await reaches(["GIT_SSL_CAINFO": identity.certificateFile]))
                    trusted.withLock { $0 = GitAuthorities(pem: otherPEM + pem, includesSystem: includesSystem) }
                    #expect(try await reaches())
                    #expect(try await reaches(["GIT_SSL_CAINFO": other.certificateFile]))
                }
                trusted.withLock { $0 = GitAuthorities(pem: otherPEM, includesSystem: true) }
                try writeFile(
                    "\(directory)/.gitconfig",
                    "[http]\n\tfollowRedirects = true\n[http \"\(server.origin)\"]\n\tsslCAInfo = ~/certificate.pem\n")
                #expect(try await reaches())
                let written = Set(recorder.values(of: "GIT_SSL_CAINFO")).subtracting(
                    [identity, other].map(\.certificateFile))
                #expect(written.count == 9 && written.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
            }
        }
    }

    @Test("a renewed .netrc is used by the next command, and that there was none is not remembered")
    func netrc() async throws {
        try await withTemporaryDirectory { directory in
            let password = Mutex("first")
            try await withScriptedServer(answer: { request in
                let expected =
                    "Basic " + Data("ci:\(password.withLock { $0 })".utf8).base64EncodedString()
                guard request.header("Authorization") == expected else {
                    return ScriptedResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"git\"")])
                }
                return ScriptedResponse(404)
            }) { server in
                let git = Git(
                    runner: SystemCommandRunner(), environment: Self.path.merging(["HOME": directory]) { $1 })
                func failure() async throws -> GitError.Code {
                    let result = try await list("\(server.origin)/x.git", git, in: directory)
                    return try GitRemote("\(server.origin)/x.git").failure("listing", result.errorOutput).code
                }
                #expect(try await failure() == .unauthorized)
                try writeFile("\(directory)/.netrc", "machine 127.0.0.1 login ci password first\n")
                #expect(try await failure() == .unavailable)
                password.withLock { $0 = "second" }
                #expect(try await failure() == .unauthorized)
                try writeFile("\(directory)/.netrc", "machine 127.0.0.1 login ci password second\n")
                #expect(try await failure() == .unavailable)
            }
        }
    }
}

/// Runs programs, and remembers their arguments.
private final class RecordingCommands: CommandRunner {
    private let seen = Mutex<[Command]>([])
    private let system = SystemCommandRunner()
    private let answer: (@Sendable (Command) -> CommandResult)?

    /// - Parameter answer: the result of each command, which is not run then.
    init(_ answer: (@Sendable (Command) -> CommandResult)? = nil) { self.answer = answer }

    var commands: [Command] { seen.withLock { $0 } }
    var arguments: [String] { commands.flatMap(\.arguments) }
    func values(of variable: String) -> [String] { commands.compactMap { $0.environment[variable] } }

    func run(_ command: Command) async throws -> CommandResult {
        seen.withLock { $0.append(command) }
        if let answer { return answer(command) }
        return try await system.run(command)
    }

    func find(_ name: String) -> String? { system.find(name) }
}
