import HTTPClient
import HTTPMessages
import Testing

@Suite("What is sent")
struct RequestCheckTests {
    private static let origin = HTTPOrigin(scheme: .http, host: "127.0.0.1", port: 9)

    /// An origin without a server: a request that passes the check fails to connect.
    private func code(_ request: HTTPRequest) async throws -> HTTPFailure.Code? {
        try await withHTTPClient(.quick) { try await $0.failure(request)?.code }
    }

    @Test(
        "rejects header fields that could be read differently",
        arguments: [
            ("X-A", "a\r\nEvil: yes"), ("X-A", "a\nEvil: yes"), ("X-A", "a\rb"), ("X-A", "a\u{0}b"), ("X-A", "a\u{7F}"),
            ("X-A", " a"), ("X-A", "a "), ("X-A", " "), ("", "a"), ("X A", "a"), ("X-A:", "a"), ("X-A\r\nEvil", "a"),
            ("X-Ä", "a"), ("X-A", String(repeating: "a", count: (64 << 10) + 1)), ("Host", "elsewhere"),
            ("content-length", "5"), ("Transfer-Encoding", "chunked"), ("Connection", "upgrade"), ("Expect", "x"),
        ])
    func fields(name: String, value: String) async throws {
        let code = try await code(HTTPRequest(.GET, Self.origin, "/", headers: HTTPHeaders([(name, value)])))
        #expect(code == .invalidRequest)
    }

    @Test(
        "rejects targets that contain more than one",
        arguments: [
            "", "x", "*", "http://other/", "/a b", "/a\r\nEvil: yes", "/a\tb", "/a#b", "/ä", "/\u{0}",
            "/" + String(repeating: "a", count: 64 << 10),
        ])
    func targets(target: String) async throws {
        #expect(try await code(HTTPRequest(.GET, Self.origin, target)) == .invalidRequest)
    }

    @Test(
        "rejects invalid methods", arguments: ["", "G ET", "GET\r\nEvil: yes", "CONNECT", "GÄT", "GET /"])
    func methods(method: String) async throws {
        let request = HTTPRequest(HTTPMethod(rawValue: method), Self.origin, "/")
        #expect(try await code(request) == .invalidRequest)
    }

    @Test(
        "rejects hosts that parsers read differently",
        arguments: [
            "", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "1.2.3", "1.2.3.4.5", "a b", "a/b", "a@b",
            "a:80",
            "a?b", "a#b", "[::1]", "::1%eth0", "ex%61mple", "bücher.example", ".", "a..b", "-\u{0}",
            "host\r\nEvil: yes",
        ])
    func hosts(host: String) async throws {
        let request = HTTPRequest(.GET, HTTPOrigin(scheme: .http, host: host, port: 9), "/")
        #expect(try await code(request) == .invalidRequest)
    }

    @Test("requires a valid port", arguments: [0, -1, 65_536])
    func ports(port: Int) async throws {
        let request = HTTPRequest(.GET, HTTPOrigin(scheme: .http, host: "127.0.0.1", port: port), "/")
        #expect(try await code(request) == .invalidRequest)
    }

    @Test("rejects bodies that contradict the request")
    func bodies() async throws {
        let head = HTTPRequest(.HEAD, Self.origin, "/", body: .bytes([1]))
        #expect(try await code(head) == .invalidRequest)
        let negative = HTTPRequest(.PUT, Self.origin, "/", body: .source(ListSource([]), length: -1))
        #expect(try await code(negative) == .invalidRequest)
    }

    @Test(
        "rejects proxy logins that could be read differently", arguments: ["", "a:b", "a\r\nb", "a\u{0}"])
    func logins(user: String) async throws {
        var request = HTTPRequest(.GET, Self.origin, "/")
        request.proxy = HTTPProxy(
            scheme: .http, host: "127.0.0.1", port: 9, login: HTTPProxy.Login(user: user, password: "x"))
        #expect(try await code(request) == .invalidRequest)
    }

    @Test("accepts every valid request")
    func honest() async throws {
        let request = HTTPRequest(
            .GET, Self.origin, "/v2/a%2Fb/~x!$&'()*+,;=:@?q=[1]|{}\"<>\\^`",
            headers: ["X-A": "tab\there, ümlaut, \"quotes\"", "X-Long": String(repeating: "a", count: 64 << 10)])
        #expect(try await code(request) == .refused)
    }

    @Test("no description contains a proxy's login")
    func secrets() {
        let proxy = HTTPProxy(
            scheme: .socks5, host: "::1", port: 9, login: HTTPProxy.Login(user: "someone", password: "hunter2"))
        var text = "\(proxy) \(proxy.login as Any)"
        dump(proxy, to: &text)
        #expect(text.contains("socks5://[::1]:9"))
        #expect(!text.contains("someone") && !text.contains("hunter2"))
    }
}
