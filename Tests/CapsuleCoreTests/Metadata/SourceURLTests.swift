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
