import CapsuleCore
import ReleaseTestSupport
import Testing

@Suite("Source URLs")
struct SourceURLTests {
    @Test(
        "lose what is secret and keep what is address",
        arguments: [
            ("https://github.com/example/shop", "https://github.com/example/shop"),
            ("https://user:token@github.com/example/shop.git", "https://github.com/example/shop.git"),
            ("https://token@github.com/x", "https://github.com/x"),
            ("https://a@b@github.com/x", "https://github.com/x"),
            ("https://github.com/x?access_token=1#f", "https://github.com/x"),
            ("ssh://git:pass@host:22/x", "ssh://git@host:22/x"),
            ("git@github.com:example/shop.git", "git@github.com:example/shop.git"),
            ("/srv/git/shop", "/srv/git/shop"),
        ])
    func credentials(_ url: String, _ expected: String) {
        #expect(SourceURL.withoutCredentials(url) == expected)
    }

    @Test(
        "are recorded as others can clone them, without credentials, and the same for SSH and HTTPS",
        arguments: [
            ("https://github.com/example/shop", "https://github.com/example/shop"),
            ("https://github.com/example/shop.git", "https://github.com/example/shop"),
            ("https://github.com/example/shop.git/", "https://github.com/example/shop"),
            ("https://github.com/example/shop///", "https://github.com/example/shop"),
            ("https://me:secret@github.com/example/shop.git", "https://github.com/example/shop"),
            ("https://secret@github.com/example/shop", "https://github.com/example/shop"),
            ("https://me:a/secret@github.com/example/shop", "https://github.com/example/shop"),
            ("https://github.com/example/shop?token=secret", "https://github.com/example/shop"),
            ("HTTPS://github.com/example/shop", "https://github.com/example/shop"),
            ("git+https://github.com/example/shop.git", "https://github.com/example/shop"),
            ("http://git.internal:8080/shop.git", "http://git.internal:8080/shop"),
            ("https://git.example.com:8443/shop", "https://git.example.com:8443/shop"),
            ("git@github.com:example/shop.git", "https://github.com/example/shop"),
            ("git@github.com:example/shop.git/", "https://github.com/example/shop"),
            ("git@github.com:/example/shop", "https://github.com/example/shop"),
            ("github.com:example/shop", "https://github.com/example/shop"),
            ("git:secret@github.com:example/shop", "https://github.com/example/shop"),
            ("ssh://git@github.com/example/shop.git", "https://github.com/example/shop"),
            ("ssh://git@github.com:22/example/shop.git", "https://github.com/example/shop"),
            ("git+ssh://git@github.com/example/shop.git", "https://github.com/example/shop"),
            ("ssh://git:secret@github.com/example/shop.git", "https://github.com/example/shop"),
            ("ssh://git@git.example.com:2222/shop.git", "ssh://git@git.example.com:2222/shop"),
            ("ssh://git:secret@git.example.com:2222/shop.git", "ssh://git@git.example.com:2222/shop"),
            ("[git@git.example.com:2222]:shop.git", "ssh://git@git.example.com:2222/shop"),
            ("git@ssh.dev.azure.com:v3/org/project/shop", "ssh://git@ssh.dev.azure.com/v3/org/project/shop"),
            ("https://org@dev.azure.com/org/project/_git/shop", "https://dev.azure.com/org/project/_git/shop"),
            ("ssh://git@ssh.github.com:443/example/shop.git", "ssh://git@ssh.github.com:443/example/shop"),
            ("git@[::1]:example/shop", "https://[::1]/example/shop"),
            ("git://git.example.com/shop.git", "git://git.example.com/shop"),
            ("git@gitlab:shop", "https://gitlab/shop"),
        ])
    func recorded(_ address: String, _ expected: String) throws {
        #expect(try SourceURL.recorded(address) == expected)
    }

    @Test(
        "are refused, without credentials in the message, when others cannot clone them",
        arguments: [
            "", "/srv/git/shop", "../shop", "./shop", "shop", "~/shop", "file:///srv/git/shop", "C:\\shop",
            "gh:example/shop",
            "ext::sh -c x", "https://github.com", "https://github.com/", "git@github.com:", "https://",
            "ftp://me:secret@example.com/shop", "https://me:secret@github.com", "s3::https://example.com/x",
            "https://github.com/example/shop\u{1b}[31m", "https://github.com/\u{202e}shop",
        ])
    func unusable(_ address: String) {
        let error = #expect(throws: CapsuleError.self) { try SourceURL.recorded(address) }
        #expect(error?.code == .invalidName)
        #expect(error?.message.contains("--source-repository") == true)
        #expect(error?.message.contains("secret") == false, "\(error?.message ?? "")")
    }

    @Test(
        "become Git URIs at a commit",
        arguments: [
            ("https://github.com/example/shop", "git+https://github.com/example/shop@C"),
            ("git@github.com:example/shop.git", "git+ssh://git@github.com/example/shop.git@C"),
            ("ssh://git@host/x", "git+ssh://git@host/x@C"), ("git+https://h.example/x", "git+https://h.example/x@C"),
            ("/srv/git/shop", nil), ("../shop", nil), ("shop", nil),
        ] as [(String, String?)])
    func uri(_ url: String, _ expected: String?) throws {
        let commit = try CommitID(Sample.commit)
        #expect(SourceURL.gitURI(url, commit: commit) == expected?.replacing("@C", with: "@\(commit)"))
    }
}
