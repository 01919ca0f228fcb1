import Testing

@testable import HTTPServer

@Suite("Stopping a server", .timeLimit(.minutes(2))) struct StopTests {
    @Test("has connections end after their next answer first, while new ones are taken")
    func drain() async throws {
        try await withServer { server in
            let replies = try await awaitBlocking {
                let kept = try server.connect()
                kept.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                let before = try kept.reply()
                server.server.drain()
                kept.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                let after = try kept.replies()
                let new = try server.connect()
                new.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                return [before] + after + (try new.replies())
            }
            #expect(replies.map(\.status) == [200, 200, 200])
            #expect(replies.map { $0.headers["connection"] } == [nil, "close", "close"])
        }
    }

    @Test("waits for what is under way, ends what is idle, and takes no more")
    func graceful() async throws {
        try await withServer { server in
            let (replies, idle, refused) = try await awaitBlocking {
                let texts = [
                    "GET /sleep?1500 HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHo",
                    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe",
                ]
                let clients = try texts.map { text in
                    let client = try server.connect()
                    client.send(text)
                    return client
                }
                let (silent, kept) = (try server.connect(), try server.connect())
                kept.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try kept.reply()
                while server.responder.tasks.begun < 2 || server.server.connections < 5 { pause(5) }
                pause(100)
                server.server.stop(grace: .seconds(30))
                let idle = (silent.readToEnd(), kept.readToEnd())
                let refused = (try? TestClient(port: server.port)) == nil
                pause(300)
                clients[1].send("st: x\r\n\r\n")
                clients[2].send("llo")
                return (try clients.flatMap { try $0.replies() }, [idle.0.isClosed, idle.1.isClosed], refused)
            }
            #expect(replies.map(\.body) == ["slept", "GET / ", "POST / hello"])
            #expect(replies.allSatisfy { $0.headers["connection"] == "close" })
            #expect(idle == [true, true] && refused)
        }
    }

    @Test("cancels what takes longer than the grace time, and waits until it has ended")
    func overdue() async throws {
        let responder = try await withServer { server in
            let replies = try await awaitBlocking {
                let clients = try (0..<3).map { _ in try server.connect() }
                clients[0].send("GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n")
                clients[1].send("GET / HTTP/1.1\r\nHo")
                while server.responder.tasks.begun == 0 || server.server.connections < 3 { pause(5) }
                pause(100)
                server.server.stop(grace: .milliseconds(500))
                return try clients.flatMap { try $0.replies() }
            }
            #expect(replies.isEmpty)
            return server.responder
        }
        #expect(responder.tasks == (1, 1, 1))
    }

    @Test("before it runs ends it at once")
    func before() async throws {
        let server = Server(ServerConfiguration(), responder: EchoResponder())
        server.stop(grace: .seconds(60))
        let start = ContinuousClock.now
        try await server.run { _ in }
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(server.connections == 0)
    }

    @Test("is what cancelling its task does, without grace")
    func cancelled() async throws {
        let server = Server(ServerConfiguration(), responder: EchoResponder())
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let task = Task { try await server.run { found.yield($0) } }
        for await port in ports {
            let client = try TestClient(port: port)
            client.send("GET / HTTP/1.1\r\n")
            while server.connections == 0 { try await Task.sleep(for: .milliseconds(5)) }
            task.cancel()
            let end = try await awaitBlocking { client.readToEnd() }
            #expect(end.isClosed && end.bytes.isEmpty)
            break
        }
        try await task.value
    }
}
