import Support
import Testing

@Suite("URLs in text")
struct URLTextTests {
    @Test(
        "lose credentials, queries and fragments",
        arguments: [
            ("https://user:token@host/x", "https://host/x"), ("https://token@host", "https://host"),
            ("https://a@b@host/x", "https://host/x"), ("https://host/x?access_token=1#f", "https://host/x"),
            ("https://u:p@host?q=/a@b", "https://host"), ("ssh://git:secret@host:22/x", "ssh://git@host:22/x"),
            ("https://u:a/b@host/x", "https://host/x"), ("https://u:a?b@host/x", "https://host/x"),
            ("https://u:a#b@host/x?c", "https://host/x"), ("https://host:8080/x@y", "https://host:8080/x@y"),
            ("https://[::1]/x@y", "https://[::1]/x@y"), ("SSH://git:secret@host/x", "SSH://git@host/x"),
            ("ssh://git%3Asecret@host/x", "ssh://git@host/x"), ("ssh://:secret@host/x", "ssh://host/x"),
            ("git+ssh://git@host/x", "git+ssh://git@host/x"), ("git@host:x", "git@host:x"), ("a?b#c", "a?b#c"),
            (
                "fatal: 'https://u:p@h/x?t=1': see \"https://a@b/c\" or https://t@d/e",
                "fatal: 'https://h/x': see \"https://b/c\" or https://d/e"
            ),
        ])
    func credentials(_ text: String, _ expected: String) {
        #expect(text.withoutURLCredentials() == expected)
    }

    @Test(
        "lose the login without a scheme where the text is one address",
        arguments: [
            ("u:secret@host:path", "host:path"), ("u:secret@host/path", "host/path"),
            ("git@host:path", "git@host:path"),
            ("https://u:a b@host/x", "https://host/x"), ("/srv/x", "/srv/x"),
        ])
    func login(_ text: String, _ expected: String) {
        #expect(text.withoutLogin == expected)
    }

    @Test("are one URL to the end where the caller says so: a password may hold blanks")
    func blanks() {
        #expect("https://u:a b'c@host/x".withoutURLCredentials(isURL: true) == "https://host/x")
    }

    @Test(
        "are percent-encoded and decoded",
        arguments: [("a b/é", "a%20b%2F%C3%A9"), ("-._~Az09", "-._~Az09"), ("%+", "%25%2B"), ("", "")])
    func percent(_ text: String, _ encoded: String) {
        #expect(PercentEncoding.encode(text) == encoded)
        #expect(PercentEncoding.decode(encoded) == text)
    }

    @Test(
        "keep a percent sign that two hexadecimal digits do not follow",
        arguments: ["100%", "%4", "%zz", "%+1"])
    func malformed(_ text: String) {
        #expect(PercentEncoding.decode(text) == text)
    }

    @Test("keep the characters that the caller names")
    func keeping() {
        #expect(PercentEncoding.encode("stage/a b", keeping: "/") == "stage/a%20b")
    }
}
