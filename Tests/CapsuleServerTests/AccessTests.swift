import CapsuleCore
import CapsuleTestSupport
import GitOps
import Logging
import OCI
import Support
import Testing

@testable import CapsuleServer

@Suite("Access") struct AccessTests {
    @Test(
        "an allowed prefix covers whole segments of a name only",
        arguments: [
            ("ghcr.io", "ghcr.io/a/b", true), ("ghcr.io/example", "ghcr.io/example/shop", true),
            ("ghcr.io/example", "ghcr.io/example", true), ("ghcr.io/example", "ghcr.io/example-two/shop", false),
            ("ghcr.io/example", "ghcr.io/other", false), ("ghcr.io", "ghcr.io.example.com/a", false),
            ("127.0.0.1:5000", "127.0.0.1:5000/a", true), ("127.0.0.1:500", "127.0.0.1:5000/a", false),
        ])
    func prefixes(prefix: String, name: String, allowed: Bool) throws {
        let list = try AllowList(repositories: [prefix], remotes: [])
        if allowed {
            try list.check(Repository(name))
        } else {
            let error = #expect(throws: ServiceError.self) { try list.check(Repository(name)) }
            #expect(error?.status == 403)
            #expect(error?.reason.contains("--allow-repository") == true)
        }
    }

    @Test(
        "a prefix that is not a registry is rejected",
        arguments: ["", "ghcr.io/", "/x", "shop", "ghcr.io/Example", "*"])
    func wrongPrefix(prefix: String) {
        #expect(throws: OCIError.self) { try AllowList(repositories: [prefix], remotes: []) }
    }

    @Test("a Git remote is allowed by its exact address, and the configured address is used")
    func remotes() throws {
        let list = try AllowList(repositories: [], remotes: [GitRemote("https://git.example.com/gitops.git")])
        #expect(
            try list.remote("https://git.example.com/gitops.git").description == "https://git.example.com/gitops.git")
        for other in [
            "https://git.example.com/gitops", "https://git.example.com/gitops.git/", "file:///etc", "/etc",
            "https://me@git.example.com/gitops.git", "--upload-pack=x", "ext::sh", "",
        ] {
            let error = #expect(throws: ServiceError.self) { try list.remote(other) }
            #expect(error?.status == 403)
        }
        let secret = #expect(throws: ServiceError.self) { try list.remote("https://me:hunter2@evil.example.com/x") }
        #expect(secret?.reason.contains("hunter2") == false)
    }

    @Test("roles are verify, and attest and promote, for one stage or for any")
    func roles() throws {
        let caller = Caller(name: "ci", roles: [try Role("promote:staging")])
        #expect(caller.mayPromote && caller.mayPromote(to: "staging"))
        #expect(!caller.mayPromote(to: "production") && !caller.mayVerify)
        let all = Caller(name: "ci", roles: [try Role("promote"), try Role("verify")])
        #expect(all.mayVerify && all.mayPromote(to: "production"))
        let pipeline = Caller(name: "kargo", roles: [try Role("attest:staging")])
        #expect(pipeline.mayAttest && pipeline.mayAttest("staging") && !pipeline.mayAttest("production"))
        #expect(!pipeline.mayPromote && !pipeline.mayVerify)
        #expect(try Caller(name: "kargo", roles: [Role("attest")]).mayAttest("production"))
        #expect(caller.mayAttest && caller.mayAttest("staging") && !caller.mayAttest("production"))
        #expect(try !Caller(name: "ci", roles: [Role("verify")]).mayAttest)
        for wrong in ["", "admin", "promote:", "attest:", "verify:staging", "verify:", "Promote"] {
            #expect(throws: CapsuleError.self) { try Role(wrong) }
        }
    }

    @Test(
        "an invalid file of tokens is rejected with its line",
        arguments: [
            ("tokens: []\n", "no tokens"), ("tokens: [{name: a, sha256: zz, roles: [verify]}]\n", "sha256"),
            ("tokens: [{name: a, roles: [verify]}]\n", "either sha256 or file"),
            ("tokens: [{name: a, file: short, roles: [verify]}]\n", "at least 16 bytes"),
            ("tokens: [{name: a, file: gone, roles: [verify]}]\n", "cannot be read"),
            ("tokens: [{name: a, file: token, roles: []}]\n", "at least one role"),
            ("tokens: [{name: a, file: token, roles: [root]}]\n", "is not a role"),
            ("tokens: [{name: a, file: token, roles: [verify], extra: 1}]\n", "unknown key"),
            (
                "tokens: [{name: a, file: token, roles: [verify]}, {name: a, file: token, roles: [verify]}]\n",
                "is used twice"
            ),
            (
                "tokens:\n- name: a\n  sha256: \(String(repeating: "A", count: 64))\n  roles: [verify]\n",
                "tokens.yaml:3: tokens[0].sha256 has upper-case letters"
            ),
            ("tokens: [{name: a, file: trailing, roles: [verify]}]\n", "/trailing:1: the line ends with a blank"),
            ("tokens: [{name: a, file: tab, roles: [verify]}]\n", "/tab:1: the line ends with a blank"),
            ("tokens: [{name: a, file: leading, roles: [verify]}]\n", "/leading:1: the line begins with a blank"),
            ("tokens: [{name: a, file: second, roles: [verify]}]\n", "/second:2: the line ends with a blank"),
            ("tokens: [{name: a, file: two, roles: [verify]}]\n", "/two:2: the file has more than one line"),
            ("tokens: [{name: a, file: nul, roles: [verify]}]\n", "/nul:1: the token has a control character"),
            ("tokens: {", "tokens.yaml"), ("tokens:\n", "tokens.yaml:1: tokens has no value"),
            ("tokens:\n  -\n", "tokens.yaml:2: tokens[0] has no value"),
            ("tokens:\n- name:\n  file: token\n  roles: [verify]\n", "tokens.yaml:2: tokens[0].name has no value"),
            ("tokens:\n- name: a\n  file:\n  roles: [verify]\n", "tokens.yaml:3: tokens[0].file has no value"),
            ("tokens:\n- name: a\n  sha256:\n  file: token\n  roles: [verify]\n", "tokens[0].sha256 has no value"),
            ("tokens:\n- name: a\n  file: token\n  roles:\n", "tokens.yaml:4: tokens[0].roles has no value"),
            ("tokens:\n- name: a\n  file: token\n  roles:\n  -\n", "tokens[0].roles[0] has no value"),
        ])
    func wrongFile(text: String, complaint: String) async throws {
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/tokens.yaml", text)
            try writeFile("\(directory)/token", String(repeating: "t", count: 16))
            try writeFile("\(directory)/short", String(repeating: "t", count: 15))
            let token = String(repeating: "t", count: 16)
            for (name, text) in [
                ("trailing", "\(token) \n"), ("tab", "\(token)\t"), ("leading", " \(token)"),
                ("second", "\(token)\r\n \n"), ("two", "\(token)\n\(token)"), ("nul", "\(token)\0\n"),
            ] {
                try writeFile("\(directory)/\(name)", text)
            }
            let error = #expect(throws: (any Error).self) { try TokenFile(path: "\(directory)/tokens.yaml") }
            #expect(error?.message.contains(complaint) == true, "\(error?.message ?? "")")
        }
    }

    @Test("tokens are added and removed without a restart, and no token is accepted while the file cannot be read")
    func rotation() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/tokens.yaml"
            let (old, new) = (String(repeating: "o", count: 32), String(repeating: "n", count: 32))
            func write(_ token: String) throws {
                try writeFile(
                    path, "tokens: [{name: ci, sha256: \(Digest.sha256(of: token.utf8).hex), roles: [verify]}]\n")
            }
            try write(old)
            let clock = TestClock()
            let store = try TokenStore(path: path, anonymous: [], clock: ServiceClock(clock))
            #expect(try store.caller(["Bearer \(old)"]).name == "ci")
            #expect(try store.caller(["Bearer  \(old)"]).name == "ci")
            try write(new)
            clock.advance(by: .milliseconds(999))
            #expect(try store.caller(["Bearer \(old)"]).name == "ci")
            clock.advance(by: .milliseconds(1))
            #expect(throws: ServiceError.self) { try store.caller(["Bearer \(old)"]) }
            #expect(try store.caller(["bearer \(new)"]).mayVerify)
            try writeFile(path, "tokens: nonsense\n")
            clock.advance(by: .seconds(1))
            let error = #expect(throws: ServiceError.self) { try store.caller(["Bearer \(new)"]) }
            #expect(error?.status == 503)
            #expect(store.problem?.contains("tokens") == true)
        }
    }

    @Test(
        "an unknown or malformed token is 401, and the response says nothing about the valid ones",
        arguments: [
            ["Basic abc"], ["Bearer"], ["Bearer   "], [" "], ["Bearer x", "Bearer y"],
            ["Bearer \(String(repeating: "x", count: 5_000))"],
            ["Bearer unknown-token-of-32-bytes-or-so"],
        ])
    func noToken(headers: [String]) async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/tokens.yaml"
            try writeFile(path, "tokens: [{name: ci, sha256: \(String(repeating: "a", count: 64)), roles: [verify]}]\n")
            let store = try TokenStore(path: path, anonymous: [], clock: .continuous)
            let error = #expect(throws: ServiceError.self) { try store.caller(headers) }
            #expect(error?.status == 401)
            #expect(error?.reason.contains("unknown-token") == false)
        }
    }

    @Test(
        "a certificate is renewed without a restart, and the last good one stays in use while the files are broken",
        .enabled(if: Tool.exists("openssl")))
    func certificates() async throws {
        try await withTemporaryDirectory { directory in
            func renew() async throws -> (certificate: [UInt8], key: [UInt8]) {
                let identity = try await TLSIdentity.make(in: directory)
                return (try readFile(identity.certificateFile), try readFile(identity.keyFile))
            }
            let clock = TestClock()
            func write(_ certificate: [UInt8]?, _ key: [UInt8]) async throws {
                try await Tool.output(["rm", "-f", "certificate.pem", "key.pem"], in: directory)
                if let certificate {
                    try writeFile("\(directory)/certificate.pem", String(decoding: certificate, as: UTF8.self))
                }
                try writeFile("\(directory)/key.pem", String(decoding: key, as: UTF8.self))
                clock.advance(by: .seconds(1))
            }
            let log = LogLines()
            let lines = JSONLog(now: { 0 }, write: { log.add($0) })
            let files = TLSFiles(
                certificateFile: "\(directory)/certificate.pem", keyFile: "\(directory)/key.pem")
            let (old, new) = (try await renew(), try await renew())
            try await write(old.certificate, old.key)
            let store = try CertificateStore(files, clock: ServiceClock(clock), logger: lines.logger(level: .info))
            let first = store.context
            let broken: [([UInt8]?, [UInt8])] = [
                (new.certificate, old.key), (nil, old.key), (old.certificate, []), ([0x41], new.key),
            ]
            for (certificate, key) in broken {
                try await write(certificate, key)
                for _ in 0..<2 { #expect(store.context === first) }
            }
            #expect(log.all.count == 4 && log.all.allSatisfy { $0.contains("cannot be used") })
            // What is larger than the limit by a byte is wrong, at the limit it is not.
            let padding = [UInt8](repeating: 0x0A, count: CertificateStore.maximumFile - new.certificate.count)
            try await write(new.certificate + padding + [0x0A], new.key)
            #expect(store.context === first)
            try await write(new.certificate + padding, new.key)
            let second = store.context
            #expect(second !== first && store.context === second)
            #expect(log.all.last?.contains("renewed") == true)
        }
    }
}
