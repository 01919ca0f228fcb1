import Foundation
import HTTPClient
import HTTPMessages
import Testing

@Suite("Proxies", .timeLimit(.minutes(2)))
struct ProxyTests {
    private static let login = HTTPProxy.Login(user: "someone", password: "p:ss wörd")
    private static let loginText = "someone:p:ss wörd"

    /// Sends a request through a proxy.
    private func through(
        _ handler: @escaping RawServer.Handler, scheme: HTTPProxy.Scheme = .http, login: HTTPProxy.Login? = nil,
        configuration: HTTPClientConfiguration = .quick, _ change: (inout HTTPRequest) -> Void = { _ in }
    ) async throws -> Result<String, HTTPFailure> {
        try await RawServer.run(handler) { proxy in
            try await withServer(configuration) { connection in
                while let request = connection.request() { connection.answer("200 OK", request.head) }
            } _: { server, client in
                var request = HTTPRequest(.GET, server.origin, "/x", headers: ["Authorization": "Bearer secret"])
                request.proxy = HTTPProxy(scheme: scheme, host: "127.0.0.1", port: proxy.port, login: login)
                change(&request)
                do { return .success(try await client.text(request).body) } catch let failure as HTTPFailure {
                    return .failure(failure)
                }
            }
        }
    }

    private func failure(_ result: Result<String, HTTPFailure>) -> HTTPFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    @Test("get CONNECT with the login, and nothing of the request", arguments: [true, false])
    func tunnel(hasLogin: Bool) async throws {
        let heads = HeadLog()
        let result = try await through(
            TestProxy.handler(.honest(login: hasLogin ? Self.loginText : nil), heads: heads),
            login: hasLogin ? Self.login : nil)
        let seen = try result.get()
        #expect(seen.hasPrefix("GET /x HTTP/1.1\r\n"))
        #expect(seen.contains("Authorization: Bearer secret"))
        #expect(!seen.contains("Proxy-"))
        let head = try #require(heads.all.first)
        #expect(heads.all.count == 1)
        #expect(head.hasPrefix("CONNECT 127.0.0.1:"))
        #expect(!head.contains("secret"))
        #expect(head.contains("Proxy-Authorization") == hasLogin)
    }

    @Test("are used again for the same origin")
    func kept() async throws {
        let heads = HeadLog()
        try await RawServer.run(TestProxy.handler(.honest(login: nil), heads: heads)) { proxy in
            try await withServer { connection in
                while connection.request() != nil { connection.answer() }
            } _: { server, client in
                for _ in 0..<3 {
                    var request = server.get()
                    request.proxy = HTTPProxy(scheme: .http, host: "127.0.0.1", port: proxy.port)
                    let response = try await client.send(request)
                    #expect(try await response.body.collect(upTo: 10) == Array("ok".utf8))
                    #expect(!response.headers.contains(name: "X-Proxy"))
                }
                // Without the proxy it is another connection.
                _ = try await client.text(server.get())
                #expect(server.connections == 2)
            }
        }
        #expect(heads.all.count == 1)
    }

    @Test("that require authentication, or reject the login, are reported", arguments: [false, true])
    func wantsLogin(isWrong: Bool) async throws {
        let result = try await through(
            TestProxy.handler(.honest(login: "other:one")), login: isWrong ? Self.login : nil)
        let failure = failure(result)
        #expect(failure?.code == .proxyAuthentication)
        #expect(failure?.party == .proxy)
        #expect(failure?.isTransient == false)
        #expect(failure?.reason == "the proxy requires authentication")
    }

    @Test(
        "that do not connect are distinguished from servers that fail",
        arguments: [
            ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", true),
            ("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nwords", true),
            ("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nwords", false),
            ("HTTP/1.1 302 Found\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n", false),
        ])
    func refuses(answer: String, isTransient: Bool) async throws {
        let failure = failure(try await through(TestProxy.handler(.answers(answer))))
        #expect(failure?.code == .proxyRefused, "\(String(describing: failure))")
        #expect(failure?.party == .proxy)
        #expect(failure?.isTransient == isTransient)
        #expect(failure?.reason.contains("words") == false && failure?.reason.contains("evil") == false)
    }

    @Test(
        "that send garbage or close fail as proxies",
        arguments: [
            TestProxy.Manner.dies(resets: false), .dies(resets: true), .answers("HTTP/1.1 200"), .answers("nonsense"),
            .answers("HTTP/1.1 502 Bad\r\nX: y\r\n"),
        ])
    func dies(manner: TestProxy.Manner) async throws {
        let failure = failure(try await through(TestProxy.handler(manner)))
        #expect(failure?.party == .proxy, "\(String(describing: failure))")
        #expect(
            [.closed, .reset, .notHTTP, .proxyRefused].contains(failure?.code), "\(String(describing: failure))")
    }

    @Test("that answer CONNECT and then send other data cannot forge a response")
    func lies() async throws {
        let failure = failure(
            try await through(TestProxy.handler(.answers("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n folded\r\n\r\n"))))
        #expect(failure != nil)
    }

    @Test("that answer CONNECT and speak without TLS cannot impersonate the origin")
    func liesAboutTLS() async throws {
        let handler = TestProxy.handler(.answers("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
        let failure = failure(
            try await through(handler) { $0.origin = HTTPOrigin(scheme: .https, host: "127.0.0.1", port: 443) })
        #expect(failure?.code == .notTLS, "\(String(describing: failure))")
        #expect(failure?.party == .server)
    }

    @Test("that send nothing reach the connection time-out")
    func silent() async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.connectTimeout = .milliseconds(500)
        let failure = failure(try await through(TestProxy.handler(.silent), configuration: configuration))
        #expect(failure?.code == .connectTimeout)
        #expect(failure?.party == .proxy)
    }

    @Test("with heads that never end are given up")
    func endlessHead() async throws {
        let failure = failure(
            try await through { connection in
                _ = connection.head()
                connection.send("HTTP/1.1 200 OK\r\nX: ")
                let block = [UInt8](repeating: 0x76, count: 64 << 10)
                while connection.send(block) {}
            })
        #expect(failure?.party == .proxy, "\(failure.debugDescription) \(failure?.code as Any)")
    }

    @Test("that cannot be reached fail as proxies", arguments: HTTPProxy.Scheme.everyOne)
    func unreachable(scheme: HTTPProxy.Scheme) async throws {
        try await withHTTPClient(.quick) { client in
            var request = HTTPRequest(.GET, HTTPOrigin(scheme: .http, host: "127.0.0.1", port: 9), "/")
            request.proxy = HTTPProxy(scheme: scheme, host: "127.0.0.1", port: 1)
            let refused = try await client.failure(request)
            #expect(refused?.party == .proxy)
            #expect([.refused, .proxyRefused].contains(refused?.code), "\(String(describing: refused))")
            request.proxy = HTTPProxy(scheme: scheme, host: "no-such-name.invalid", port: 1)
            let unknown = try await client.failure(request)
            #expect(unknown?.party == .proxy, "\(String(describing: unknown))")
            #expect(unknown?.code == .nameNotResolved, "\(String(describing: unknown))")
        }
    }

    @Test("of SOCKS get the login and connect", arguments: [true, false])
    func socks(hasLogin: Bool) async throws {
        let result = try await through(
            TestProxy.socks(login: hasLogin ? Self.loginText : nil), scheme: .socks5, login: hasLogin ? Self.login : nil
        )
        #expect(try result.get().hasPrefix("GET /x HTTP/1.1\r\n"))
    }

    @Test("of SOCKS that resolve names get the name")
    func socksName() async throws {
        let result = try await through(TestProxy.socks(login: nil), scheme: .socks5) {
            $0.origin = HTTPOrigin(scheme: .http, host: "no-such-name.invalid", port: $0.origin.port)
        }
        #expect(try result.get().contains("Host: no-such-name.invalid:"))
    }

    @Test("of SOCKS 4a get the user and the name, and connect")
    func socks4a() async throws {
        let names = HeadLog()
        let result = try await through(
            TestProxy.socks4a(user: "someone", names: names), scheme: .socks4a,
            login: HTTPProxy.Login(user: "someone", password: "")
        ) {
            $0.origin = HTTPOrigin(scheme: .http, host: "no-such-name.invalid", port: $0.origin.port)
        }
        #expect(try result.get().hasPrefix("GET /x HTTP/1.1\r\n"))
        #expect(names.all == ["no-such-name.invalid"])
    }

    @Test("of SOCKS 4a that refuse are reported; a password for one is never sent", arguments: [UInt8(91), 92, 93])
    func socks4aRefuses(reply: UInt8) async throws {
        let refused = failure(try await through(TestProxy.socks4a(user: nil, reply: reply), scheme: .socks4a))
        #expect(refused?.party == .proxy, "\(String(describing: refused))")
        #expect([.proxyRefused, .proxyAuthentication].contains(refused?.code), "\(String(describing: refused))")
        let heads = HeadLog()
        let password = failure(
            try await through(TestProxy.handler(.silent, heads: heads), scheme: .socks4a, login: Self.login))
        #expect(password?.code == .invalidRequest)
        #expect(heads.all.isEmpty)
    }

    @Test(
        "of SOCKS whose name cannot be resolved are not confused with the origin",
        arguments: [HTTPProxy.Scheme.socks5, .socks4a])
    func socksUnknown(scheme: HTTPProxy.Scheme) async throws {
        try await withServer { connection in
            while connection.request() != nil { connection.answer() }
        } _: { server, client in
            // Now the origin's address is known.
            _ = try await client.text(server.get())
            var request = server.get()
            request.proxy = HTTPProxy(scheme: scheme, host: "no-such-name.invalid", port: server.port)
            let failure = try await client.failure(request)
            #expect(failure?.code == .nameNotResolved, "\(failure?.code as Any)")
            #expect(failure?.party == .proxy)
            #expect(server.connections == 1)
        }
    }

    @Test("of SOCKS that refuse are reported", arguments: [UInt8(1), 2, 3, 4, 5, 8])
    func socksRefuses(reply: UInt8) async throws {
        let failure = failure(try await through(TestProxy.socks(login: nil, reply: reply), scheme: .socks5))
        #expect(failure?.code == .proxyRefused, "\(String(describing: failure))")
        #expect(failure?.party == .proxy)
    }

    @Test("of SOCKS that reject the login are reported")
    func socksLogin() async throws {
        let failure = failure(
            try await through(TestProxy.socks(login: "other:one"), scheme: .socks5, login: Self.login))
        #expect(failure?.code == .proxyAuthentication, "\(String(describing: failure))")
    }
}

extension HTTPProxy.Scheme {
    static let everyOne: [HTTPProxy.Scheme] = [.http, .https, .socks5, .socks4a]
}
