import OCI
import Support
import Testing

@testable import OCIRegistry

@Suite("Addresses")
struct AddressTests {
    @Test(
        "ambiguous addresses are rejected",
        arguments: [
            "https://user@host/", "https://user:pw@host/", "https://good.example@evil.example/", "ftp://host/",
            "file:///etc",
            "https:///path", "https://", "https://ho st/", "https://host\\@evil/", "https://h%6fst/", "https://host:0/",
            "https://host:99999/", "https://host:8x/", "https://host/a b", "https://host/\u{e9}", "https://[::1/",
            "https://[v1.x]/", "https://[::1]x/", "//host/", "host/path", "", "https://host/\r\nX: y", "javascript:x",
        ])
    func refused(text: String) {
        #expect(throws: InvalidAddress.self) { try WebAddress(text) }
    }

    @Test(
        "locations are resolved against the address of the response",
        arguments: [
            ("/v2/x?y=1", "https://a.example:444/v2/x?y=1"), ("x", "https://a.example:444/p/x"),
            ("?n=1", "https://a.example:444/p/q?n=1"), ("//b.example/x", "https://b.example/x"),
            ("HTTPS://B.example:443/x#y", "https://b.example/x"), ("http://[::1]:80/", "http://[::1]/"),
            ("https://c.example", "https://c.example/"),
        ])
    func resolving(reference: String, expected: String) throws {
        let base = try WebAddress("https://a.example:444/p/q?old=1")
        #expect(try base.resolving(reference).text == expected)
    }

    @Test("other schemes and empty text are rejected", arguments: ["", "file:/etc/passwd", "data:x", "x:y", "#f"])
    func badReferences(reference: String) throws {
        let base = try WebAddress("https://a.example/p/q")
        #expect(throws: InvalidAddress.self) { try base.resolving(reference) }
    }

    @Test("the text for messages has no query")
    func description() throws {
        let address = try WebAddress("https://a.example/p?X-Amz-Signature=secret")
        #expect("\(address)" == "https://a.example/p")
        #expect(address.adding("digest", "sha256:ab").query == "X-Amz-Signature=secret&digest=sha256%3Aab")
    }

    @Test(
        "hosts are classified by their text",
        arguments: [
            ("registry.example", .name), ("localhost", .loopback), ("LOCALHOST.", .loopback),
            ("a.localhost", .loopback),
            ("127.0.0.1", .loopback), ("127.9.9.9", .loopback), ("::1", .loopback), ("0.0.0.0", .local),
            ("10.1.2.3", .local), ("172.16.0.1", .local), ("172.32.0.1", .global), ("192.168.1.1", .local),
            ("169.254.169.254", .local), ("100.64.0.1", .local), ("224.0.0.1", .local), ("8.8.8.8", .global),
            ("2130706433", .encoded), ("0x7f000001", .encoded), ("0x7f.1", .encoded), ("0177.0.0.1", .encoded),
            ("127.1", .encoded), ("127.0.0.1.", .loopback), ("256.1.1.1", .encoded), ("1.2.3.4.5", .encoded),
            ("::", .local),
            ("fe80::1", .local), ("fd00::1", .local), ("ff02::1", .local), ("::ffff:127.0.0.1", .encoded),
            ("::ffff:7f00:1", .encoded), ("::127.0.0.1", .encoded), ("64:ff9b::7f00:1", .encoded),
            ("2002:7f00:1::", .encoded), ("2606:4700::1111", .global), ("1.2.3.example", .name), ("fec0::1", .local),
        ] as [(String, HostKind)])
    func hosts(host: String, expected: HostKind) {
        #expect(HostKind(host) == expected)
    }

    @Test(
        "proxies are chosen by scheme, never for loopback",
        arguments: [
            ("https://ghcr.io/", "proxy:3128"), ("http://ghcr.io/", "plain:80"), ("https://127.0.0.1:5000/", nil),
            ("http://localhost/", nil), ("https://[::1]/", nil), ("https://reg.corp.example/", nil),
            ("https://notcorp.example/", "proxy:3128"), ("https://port.example:444/", nil),
            ("https://port.example/", "proxy:3128"), ("https://[fd00::1]:5000/", nil),
        ] as [(String, String?)])
    func proxies(address: String, expected: String?) throws {
        let settings = ProxySettings(environment: [
            "HTTPS_PROXY": "http://user:p%40ss@proxy:3128/", "http_proxy": "plain", "HTTP_PROXY": "other",
            "NO_PROXY": "corp.example,port.example:444,fd00::/8",
        ])
        #expect(try settings.proxy(for: try WebAddress(address).origin)?.description == expected)
    }

    @Test(
        "proxies of every kind are read, with the default port",
        arguments: [
            ("proxy", "http proxy:80"), ("http://proxy:3128", "http proxy:3128"),
            ("HTTPS://proxy", "https proxy:443"), ("https://proxy:80", "https proxy:80"),
            ("socks5://proxy", "socks5 proxy:1080"), ("socks5://proxy:80", "socks5 proxy:80"),
            ("socks5h://u:p@[fd00::80]/", "socks5 [fd00::80]:1080"), ("socks5://[fd00::80]:80", "socks5 [fd00::80]:80"),
            ("socks4a://proxy", "socks4a proxy:1080"), ("SOCKS4A://user@proxy:99/", "socks4a proxy:99"),
            ("socks4a://user:pw@proxy", nil), ("socks4://proxy", nil), ("ftp://proxy", nil), ("http://", nil),
            ("socks5://proxy:x", nil), ("https://pro xy", nil), ("://proxy", nil),
        ] as [(String, String?)])
    func proxyKinds(text: String, expected: String?) throws {
        let settings = ProxySettings(environment: ["HTTPS_PROXY": text])
        let proxy = try? settings.proxy(for: WebAddress("https://ghcr.io/").origin)
        #expect(proxy.map { "\($0.scheme) \($0)" } == expected)
    }

    @Test(
        "a value that cannot be used is an error under its own name, only for what is reached through it",
        arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    func unusable(variable: String) throws {
        let settings = ProxySettings(environment: [
            variable: "socks9://user:hunter2@proxy", "NO_PROXY": "direct.example",
        ])
        for address in ["https://direct.example/", "https://localhost/"] {
            #expect(try settings.proxy(for: WebAddress(address).origin) == nil)
        }
        let error = #expect(throws: OCIError.self) {
            try settings.proxy(for: WebAddress("https://registry.example/").origin)
        }
        #expect(error?.code == .invalidName)
        let message = error?.message ?? ""
        #expect(message.contains("registry.example") && message.contains(" \(variable),"), "\(message)")
        #expect(
            message.contains(#"the scheme "socks9" is not supported"#) && !message.contains("hunter2"), "\(message)")
    }

    @Test("no text contains a proxy's password")
    func proxyPassword() throws {
        let settings = ProxySettings(environment: ["HTTPS_PROXY": "http://user:hunter2@proxy:3128/"])
        let proxy = try settings.proxy(for: WebAddress("https://ghcr.io/").origin)
        #expect(proxy?.password == "hunter2")
        #expect(proxy?.description == "proxy:3128")
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(dumped)".contains("hunter2"))
    }

    @Test(
        "percent-encoding is decoded once, and only with two hexadecimal digits",
        arguments: [
            ("a%2Fb%3a", "a/b:"), ("%252F", "%2F"), ("100%", "100%"), ("%4", "%4"), ("%+1%-1%g0", "%+1%-1%g0"),
            ("%C3%A4", "ä"), (PercentEncoding.encode("a b&ä+%"), "a b&ä+%"),
        ])
    func percentDecoding(text: String, expected: String) { #expect(PercentEncoding.decode(text) == expected) }
}
