import OCI
import Support
import Testing

@Suite("Names")
struct NameTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test("reads a digest whole", arguments: ["sha256:\(hex)", "sha512:\(hex)\(hex)"])
    func digest(text: String) throws {
        let digest = try Digest(text)
        #expect(digest.description == text)
        #expect(text.hasSuffix(digest.hex))
    }

    @Test(
        "refuses what is not a digest, before it can become a path or a request",
        arguments: [
            "", ":", "sha256", "sha256:", ":\(hex)", hex, "sha256:\(hex.dropLast())", "sha256:\(hex)0",
            "sha256:\(hex.uppercased())", "SHA256:\(hex)", "sha512:\(hex)", "md5:\(hex.prefix(32))",
            "sha1:\(hex.prefix(40))",
            "sha384:\(hex)\(hex.prefix(32))", "sha256:../../\(hex.dropFirst(6))", "sha256:../../x", "sha256:\(hex)\n",
            "\nsha256:\(hex)", " sha256:\(hex)", "sha256:\(hex) ", "sha256:\(hex)\0", "sha256:\(hex.dropLast())\u{0}",
            "sha256:\(hex.dropLast())g", "sha256:\(hex.dropLast())\u{FF11}", "sha256:\(hex.dropLast(2))é",
            "sha256:\(hex)\u{301}", "sha256::\(hex)", "sha256+b64:\(hex)", "sha256/\(hex)",
            "sha256:/\(hex.dropFirst())",
        ])
    func noDigest(text: String) {
        #expect(throws: OCIError.self) { try Digest(text) }
    }

    @Test(
        "does not show a login that a reference or a repository holds",
        arguments: [
            "https://me:secret@ghcr.io/example/shop:1", "https://secret@ghcr.io/example/shop",
            "me:secret@ghcr.io/x/y:1",
            "me:secret@ghcr.io/x/y", "secret@ghcr.io/x/y", "HTTPS://me:secret@ghcr.io/x",
            "https://me:a/secret@ghcr.io/x",
            "docker://me:secret@ghcr.io/x/y", "me:secret@ghcr.io/x/y@sha256:\(hex)", "https://ghcr.io/x?token=secret",
        ])
    func login(text: String) {
        for error in [
            #expect(throws: OCIError.self) { try ArtifactReference(text) },
            #expect(throws: OCIError.self) { try Repository(text) },
        ] {
            #expect(error?.code == .invalidName)
            #expect(error?.message.contains("secret") == false, "\(error?.message ?? "")")
        }
    }

    @Test("names a thing of the capsule format by SHA-256 alone")
    func naming() throws {
        #expect(try Digest("sha256:\(Self.hex)", naming: "a capsule").hex == Self.hex)
        let error = #expect(throws: OCIError.self) { try Digest("sha512:\(Self.hex)\(Self.hex)", naming: "a capsule") }
        #expect(
            error?.message == "sha512:0123456789ab… cannot name a capsule: the name of a capsule is its sha256 digest; "
                + "write sha256: and 64 lowercase hex digits")
    }

    @Test("computes the digests that coreutils computes")
    func hash() throws {
        #expect(
            Digest.sha256(of: Array("abc".utf8)).description
                == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.sha256(of: "abc".utf8) == .sha256(of: Array("abc".utf8)))
        #expect(Digest.sha256(of: Array("xabcx".utf8)[1..<4]) == .sha256(of: Array("abc".utf8)))
        #expect(Digest.sha256(of: "abc".utf8.lazy.map { $0 }) == .sha256(of: Array("abc".utf8)))
        #expect(Digest.of(Array("abc".utf8), .sha512).hex.hasPrefix("ddaf35a193617aba"))
        #expect(
            Digest.sha256(of: [UInt8]()).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("names the tag of the referrers fallback within a tag's length")
    func referrersTag() throws {
        #expect(try Digest("sha256:\(Self.hex)").referrersTag.description == "sha256-\(Self.hex)")
        let long = try Digest("sha512:\(Self.hex)\(Self.hex)").referrersTag
        #expect(long.description == "sha512-\(Self.hex)")
        #expect(try Tag(long.description) == long)
    }

    @Test(
        "reads a tag",
        arguments: ["a", "_", "0", "latest", "v1.2.3-rc.1_x", "A.b", String(repeating: "t", count: 128), "git-\(hex)"])
    func tag(text: String) throws { #expect(try Tag(text).description == text) }

    @Test(
        "refuses what is not a tag",
        arguments: [
            "", ".", "-", ".a", "-a", "a/b", "a:b", "a b", "a\n", "a\0", "é", "a\u{301}", "a@b", "a+b", "../x",
            String(repeating: "t", count: 129),
        ])
    func noTag(text: String) { #expect(throws: OCIError.self) { try Tag(text) } }

    @Test(
        "reads a repository",
        arguments: [
            ("ghcr.io/example/shop", "ghcr.io", "ghcr.io", "example/shop"),
            ("localhost/x", "localhost", "localhost", "x"),
            ("localhost:5000/a/b/c", "localhost:5000", "localhost", "a/b/c"),
            ("registry:5000/x", "registry:5000", "registry", "x"),
            ("127.0.0.1:8080/x", "127.0.0.1:8080", "127.0.0.1", "x"),
            ("[::1]/x", "[::1]", "::1", "x"), ("[::1]:5000/x", "[::1]:5000", "::1", "x"),
            ("a.b/a__b/c---d/e.f/g_h", "a.b", "a.b", "a__b/c---d/e.f/g_h"),
        ])
    func repository(text: String, registry: String, host: String, name: String) throws {
        let repository = try Repository(text)
        #expect(repository.description == text)
        #expect(repository.registry == registry)
        #expect(repository.host == host)
        #expect(repository.name == name)
    }

    @Test(
        "refuses what is not a repository",
        arguments: [
            "", "/", "shop", "example/shop", "ghcr.io", "ghcr.io/", "/shop", "ghcr.io//shop", "ghcr.io/shop/",
            "ghcr.io/Shop", "GHCR.io/shop", "ghcr.io/../shop", "ghcr.io/./shop", "ghcr.io/a..b", "ghcr.io/a___b",
            "ghcr.io/a._b", "ghcr.io/-a", "ghcr.io/a-", "ghcr.io/.a", "ghcr.io/a b", "ghcr.io/a\n", "ghcr.io/é",
            "ghcr.io/a%2fb", "ghcr.io/a?b", "ghcr.io/a#b", "ghcr.io/a@b", "ghcr.io/a:b", "user@ghcr.io/a",
            "user:pw@ghcr.io/a", "https://ghcr.io/a", "ghcr.io:/a", "ghcr.io:0/a", "ghcr.io:080/a", "ghcr.io:65536/a",
            "ghcr.io:99999999999999999999/a", "ghcr.io:+80/a", "ghcr.io:8x/a", "-a.io/x", "a-.io/x", "a..io/x", ".io/x",
            "a./x", "[::1/x", "[]/x", "[g::]/x", "[::1]x/x", "[::1]:/x", "ghcr.io\\x/a",
            "ghcr.io/\(String(repeating: "a", count: 250))",
        ])
    func noRepository(text: String) { #expect(throws: OCIError.self) { try Repository(text) } }

    @Test("writes control and direction characters of foreign text so that they do nothing")
    func quoting() {
        #expect("\(OCIError(.io, quoted("a\n\u{1B}[2J\u{202E}b\"")))" == #""a\u{a}\u{1b}[2J\u{202e}b\"""#)
        #expect(quoted(String(repeating: "x", count: 1000)).count == 203)
    }
}
