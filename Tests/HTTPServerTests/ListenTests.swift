import Testing

@testable import HTTPServer

@Suite("Addresses to listen on", .timeLimit(.minutes(1))) struct ListenTests {
    private static let request = "GET /client HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    /// True when this machine has the loopback address of IPv6.
    private static let hasSix = (try? Listener.open(host: "::1", port: 0)) != nil

    @Test(
        "are those of every family that the host names, and the client's address has the form of its family",
        arguments: [
            ("", true, true), ("*", true, true), ("localhost", true, true), ("::", true, true),
            ("0.0.0.0", true, false), ("127.0.0.1", true, false), ("::1", false, true),
        ])
    func families(host: String, four: Bool, six: Bool) async throws {
        guard Self.hasSix || four else { return }
        try await withServer(configure: { $0.host = host }) { server in
            for (address, isServed) in [("127.0.0.1", four), ("::1", six && Self.hasSix)] {
                let client = try await awaitBlocking { () -> String? in
                    guard let client = try? TestClient(port: server.port, host: address) else { return nil }
                    client.send(Self.request)
                    return try client.reply().body
                }
                #expect(client == (isServed ? address : nil), "\(host) \(address)")
            }
        }
    }

    @Test("that are taken are named as they are written")
    func taken() throws {
        for (host, text) in [("127.0.0.1", "127.0.0.1"), ("*", "*"), ("::", "[::]")] {
            let taken = try Listener.open(host: "127.0.0.1", port: 0)
            let error = #expect(throws: ServerError.self) { try Listener.open(host: host, port: taken[0].port) }
            #expect(
                error?.message.contains("cannot listen on \(text):\(taken[0].port): ") == true,
                "\(String(describing: error))")
        }
    }
}

@Suite("Messages of limits", .timeLimit(.minutes(1))) struct LimitMessageTests {
    @Test("name the limit that was passed")
    func limits() async throws {
        try await withServer(configure: {
            $0.limits.connections = 2
            $0.limits.headerTime = .milliseconds(300)
            $0.limits.bodyTime = .milliseconds(400)
            $0.limits.probeTime = .milliseconds(100)
            $0.limits.bodySize = 10
            $0.limits.headerFieldSize = 200
            $0.limits.headerSize = 300
            $0.limits.headerCount = 5
        }) { server in
            let fields = (0..<6).map { "X-\($0): y\r\n" }.joined()
            for (text, limit) in [
                ("GET / HT", "0.3 seconds"),
                ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe", "0.4 seconds"),
                ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", "10 bytes"),
                ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n", "10 bytes"),
                ("GET / HTTP/1.1\r\nX: \(String(repeating: "y", count: 200))", "200 bytes"),
                (
                    "GET / HTTP/1.1\r\nX: \(String(repeating: "y", count: 180))\r\nY: \(String(repeating: "y", count: 180))",
                    "300 bytes"
                ), ("GET / HTTP/1.1\r\n\(fields)", "limit of 5"),
            ] {
                let replies = try await awaitBlocking {
                    let client = try server.connect()
                    client.send(text)
                    return try client.replies()
                }
                #expect(replies.first?.body.contains(limit) == true, "\(text): \(replies)")
            }
            try await awaitBlocking {
                let open = try (0..<2).map { _ in try server.connect() }
                while server.server.connections < 2 { pause(5) }
                let other = try server.connect()
                other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try other.replies().first?.body.contains("limit of 2") == true)
                withExtendedLifetime(open) {}
            }
        }
    }
}
