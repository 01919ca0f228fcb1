import CapsuleCore
import OCI
import Support
import Testing

@testable import GitOps

@Suite("Git addresses and branch names")
struct GitNamesTests {
    @Test(
        "takes the addresses that people use",
        arguments: [
            ("https://github.com/code-dot-org/k8s-gitops.git", GitRemote.Transport.https),
            ("https://example.com:8443/x.git", .https), ("https://example.com/u:p@x", .https),
            ("ssh://git@github.com/x/y.git", .ssh),
            ("ssh://git@example.com:2222/x", .ssh), ("git@github.com:org/repo.git", .ssh), ("host:path", .ssh),
            ("http://127.0.0.1:8080/x.git", .http), ("http://localhost/x", .http), ("http://[::1]:80/x", .http),
            ("file:///srv/git/x.git", .file), ("file://localhost/srv/x", .file), ("/srv/git/x.git", .path),
            ("../gitops", .path), ("gitops", .path), ("./odd:name", .path),
        ])
    func accepted(text: String, transport: GitRemote.Transport) throws {
        #expect(try GitRemote(text).transport == transport)
    }

    @Test(
        "refuses what Git would run, read as an option or send in the open",
        arguments: [
            "", "--upload-pack=touch /tmp/x", "-oProxyCommand=touch x", "ext::sh -c touch% /tmp/x", "fd::17",
            "foo::bar",
            "https://-oProxyCommand=x/y", "ssh://-oProxyCommand=x/y", "ssh://git@-oProxyCommand=x/y", "-git@host:x",
            "git@-host:x", "git@host:-x", "ssh://host/-x", "http://example.com/x.git", "http://127.0.0.1.example.com/x",
            "http://127.1/x", "git://example.com/x", "ftp://example.com/x", "https:///x", "https://host",
            "https://host/",
            "https://host/x?token=1", "https://host/x#y", "file://server/share",
            "file://", "https://host\n/x", "git@host:x\u{1b}[31m", "ext::/srv", "HTTPS://ext::x",
            "https://ho st/x", "https://host:port/x", "ssh://a b@host/x", "git+ssh://host/x", "user@host:",
        ])
    func refused(text: String) {
        let error = #expect(throws: CapsuleError.self) { try GitRemote(text) }
        #expect(error?.code == .invalidName)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "refuses a login, and does not show it",
        arguments: [
            "https://me:secret@example.com/x", "https://secret@example.com/x", "https://me%3Asecret@example.com/x",
            "https://secret@example.com:8443/x", "https://:secret@example.com/x", "https://me:a/secret@example.com/x",
            "https://me:a?secret@example.com/x", "https://me:a#secret@example.com/x",
            "https://me:a@secret@example.com/x",
            "https://me:a secret@example.com/x", "http://me:secret@127.0.0.1/x", "http://secret@localhost/x",
            "ssh://git:secret@example.com/x", "ssh://git%3Asecret@example.com/x", "ssh://git:secret@example.com:22/x",
            "git:secret@example.com:x", "git:secret@example.com/x", "git%3Asecret@example.com:x",
            "HTTPS://me:secret@example.com/x", "Https://secret@example.com/x", "https:/me:secret@example.com/x",
            "https:me:secret@example.com/x", "file://me:secret@localhost/x", "git://me:secret@example.com/x",
            "git+ssh://git:secret@example.com/x", "https://example.com/x?token=secret",
            "https://example.com/x#secret", "https://me:secret@example.com/x?y#z",
        ])
    func login(text: String) {
        let error = #expect(throws: CapsuleError.self) { try GitRemote(text) }
        #expect(error?.code == .invalidName)
        #expect(error?.message.contains("secret") == false, "\(error?.message ?? "")")
    }

    @Test("allows plain http to hosts that the user named")
    func plainHTTP() throws {
        for (address, host, isAllowed) in [
            ("http://git.internal/x", "git.internal", true), ("http://git.internal:3000/x", "git.internal", true),
            ("http://git.internal:3000/x", "git.internal:3000", true),
            ("http://git.internal/x", "git.internal:80", true),
            ("http://git.internal:3000/x", "git.internal:80", false), ("http://GIT.internal/x", "Git.Internal", true),
            ("http://[fd00::1]:3000/x", "[fd00::1]:3000", true), ("http://[fd00::1]/x", "fd00::1", true),
            ("http://git.internal.example/x", "git.internal", false),
        ] {
            let remote = try? GitRemote(address, plainHTTPHosts: [host])
            #expect((remote?.transport == .http) == isAllowed, "\(address) \(host)")
        }
    }

    @Test("shows addresses without credentials")
    func shown() throws {
        #expect(try GitRemote("git@github.com:x/y").description == "git@github.com:x/y")
        #expect(
            "fatal: unable to access 'https://u:p@h/x': see https://a@b/c".withoutURLCredentials()
                == "fatal: unable to access 'https://h/x': see https://b/c")
    }

    @Test(
        "takes branch names that Git takes", arguments: ["main", "stage/production", "capsule/test/git-0a", "a.b/c_d"])
    func branches(name: String) throws {
        #expect(try BranchName(name).reference == "refs/heads/\(name)")
    }

    @Test(
        "refuses branch names that are options, refspecs or nothing",
        arguments: [
            "", "-x", "--force", "a/-x", "a..b", "a:b", "+a", "a b", "a~1", "a^", "a?", "a*", "a[", "a\\b", "/a", "a/",
            "a//b",
            ".a", "a/.b", "a.lock", "a.lock/b", "a.", "@", "HEAD", "a@{1}", "a\nb", "a\u{7f}",
            String(repeating: "a", count: 245),
        ])
    func refusedBranches(name: String) {
        if name == "+a" { return }
        #expect(throws: CapsuleError.self) { try BranchName(name) }
    }

    @Test("shows Git's error output on one line, without credentials")
    func git() {
        let detail = Git.detail("fatal: \u{1b}[31m\u{2028}x\r\n\nremote: https://u:p@host/x?token=1.\nhint: y\n")
        #expect(detail == "fatal: \\u{1b}[31m / x / remote: https://host/x")
    }
}
