import Testing

@testable import HTTPServer

@Suite("Probes over the limit of connections", .timeLimit(.minutes(2)), .serialized) struct ProbeTests {
    private static let probe = "GET /probe HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test(
        "are answered, with TLS too, and end their connection; another request is refused",
        arguments: [false, true], ["", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HT"])
    func limit(encrypted: Bool, others: String) async throws {
        try await withServer(
            encrypted: encrypted,
            configure: {
                $0.limits.connections = 2
                $0.limits.probeTime = .seconds(60)
            }
        ) { server in
            try await awaitBlocking {
                let open = try (0..<2).map { _ in try server.connect() }
                for client in open { client.send(others) }
                while server.server.connections < 2 { pause(5) }
                for _ in 0..<3 {
                    let client = try server.connect()
                    client.send(Self.probe)
                    let replies = try client.replies()
                    #expect(replies.map(\.status) == [200] && replies[0].headers["connection"] == "close")
                }
                let other = try server.connect()
                other.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try other.replies().map(\.status) == [503])
                #expect(server.server.connections == 2)
                withExtendedLifetime(open) {}
            }
        }
    }

    @Test("are answered while silent connections fill the places over the limit, too")
    func crowd() async throws {
        try await withServer(configure: {
            $0.limits.connections = 4
            $0.limits.probeTime = .seconds(60)
        }) { server in
            try await awaitBlocking {
                let silent = try (0..<8).map { _ in try server.connect() }
                while server.server.connections < 4 { pause(5) }
                pause(400)
                for _ in 0..<4 {
                    let client = try server.connect()
                    client.send(Self.probe)
                    #expect(try client.replies().map(\.status) == [200])
                }
                withExtendedLifetime(silent) {}
            }
        }
    }

    @Test("a connection over the limit is admitted when another one has left by the time of its request")
    func admitted() async throws {
        try await withServer(configure: {
            $0.limits.connections = 1
            $0.limits.probeTime = .seconds(60)
        }) { server in
            try await awaitBlocking {
                var first: TestClient? = try server.connect()
                first?.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try first?.reply().status == 200)
                let second = try server.connect()
                second.send("GET / HTTP/1.1\r\nHo")
                pause(50)
                first = nil
                while server.server.connections > 0 { pause(5) }
                second.send("st: x\r\n\r\n")
                #expect(try second.reply().status == 200)
                #expect(server.server.connections == 1)
            }
        }
    }
}
