import Testing

@testable import HTTPServer

/// Every case at a server, plain and encrypted. Behind each comes another request, which is answered only when the connection
/// is still one that can be trusted.
@Suite("A server", .timeLimit(.minutes(5))) struct ConformanceTests {
    private static let last = Array("GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8)

    private func check(_ example: Case, _ replies: [Reply], _ how: String) {
        let bodies = replies.prefix { $0.status == 200 }.map(\.body)
        if let refusal = example.refusal {
            #expect(bodies == example.answers, "\(example): \(how)")
            #expect(replies.dropFirst(bodies.count).map(\.status) == [refusal], "\(example): \(how)")
            #expect(replies.last?.headers["connection"] == "close", "\(example): \(how)")
        } else {
            #expect(bodies == example.answers + ["GET /last "], "\(example): \(how)")
            #expect(replies.dropLast().allSatisfy { $0.headers["connection"] == nil }, "\(example): \(how)")
        }
        #expect(replies.allSatisfy { $0.headers["date"]?.hasSuffix(" GMT") == true })
    }

    @Test("takes what is a request and refuses what is not, however it comes", arguments: [false, true])
    func cases(drips: Bool) async throws {
        try await withServer { server in
            for example in Case.taken + Case.refused {
                let replies = try await server.replies(to: example.bytes + Self.last, drips: drips)
                check(example, replies, drips ? "byte by byte" : "whole")
            }
        }
    }

    @Test("does so with TLS", arguments: [false, true])
    func encrypted(drips: Bool) async throws {
        try await withServer(encrypted: true) { server in
            for example in Case.taken + Case.refused {
                // The other program passes on what comes byte by byte as it likes; long ones take it too long.
                guard !drips || example.bytes.count < 1_000 else { continue }
                let replies = try await server.replies(to: example.bytes + Self.last, drips: drips)
                check(example, replies, drips ? "byte by byte" : "whole")
            }
        }
    }

    @Test("answers whoever has said everything, and shut that side")
    func halfClosed() async throws {
        try await withServer { server in
            for path in ["/", "/memory", "/sleep?200", "/large?300000"] {
                let replies = try await awaitBlocking {
                    let client = try server.connect()
                    client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                    client.endOutput()
                    return try client.replies()
                }
                // Who waits may get an interim response first.
                #expect(replies.map(\.status).filter { $0 != 102 } == [200], "\(path)")
            }
            // An incomplete request is not a request.
            for text in ["GET / HTTP/1.1\r\nHost: x\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"] {
                let replies = try await awaitBlocking {
                    let client = try server.connect()
                    client.send(text)
                    client.endOutput()
                    return try client.replies()
                }
                #expect(replies.isEmpty)
            }
        }
    }

    @Test("answers by the head, and ends the connection only where the body is still to come")
    func early() async throws {
        try await withServer { server in
            func send(_ text: String) async throws -> Reply {
                try await awaitBlocking {
                    let client = try server.connect()
                    client.send(text)
                    return try client.reply()
                }
            }
            let head = "POST /early HTTP/1.1\r\nHost: x\r\n"
            for (text, isKept) in [
                ("Content-Length: 2\r\n\r\nab", true), ("\r\n", true), ("Content-Length: 2\r\n\r\na", false),
                ("Content-Length: 2\r\n\r\n", false), ("Content-Length: 99999999999\r\n\r\n", false),
                ("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", true),
                ("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", false), ("Transfer-Encoding: chunked\r\n\r\nx", false),
                ("Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", false),
            ] {
                let reply = try await send(head + text)
                #expect(reply.status == 401 && reply.body == "early", "\(text)")
                #expect((reply.headers["connection"] == nil) == isKept, "\(text)")
            }
            #expect(server.responder.tasks.begun == 0)
        }
    }

    @Test("tells a client that waits with its body to go on, when it will be read and is not here yet")
    func expectation() async throws {
        try await withServer { server in
            let head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\n"
            let (statuses, body) = try await awaitBlocking {
                let client = try server.connect()
                client.send(head + "Content-Length: 5\r\n\r\n")
                let first = try client.reply().status
                client.send("hello")
                let second = try client.reply()
                client.send(head + "Content-Length: 5\r\n\r\nhello")
                let third = try client.reply().status
                client.send(head + "\r\n")
                let fourth = try client.reply().status
                client.send(head + "Content-Length: 70000\r\n\r\n")
                return ([first, second.status, third, fourth, try client.reply().status], second.body)
            }
            #expect(statuses == [100, 200, 200, 200, 413])
            #expect(body == "POST / hello")
            let old = try await awaitBlocking {
                let client = try server.connect()
                client.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
                pause(50)
                client.send("x")
                return try client.replies()
            }
            #expect(old.map(\.status) == [200])
        }
    }

    @Test("says to HEAD what it would say to GET, without the body")
    func head() async throws {
        try await withServer { server in
            let text = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /large?3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let replies = try await server.replies(to: Array(text.utf8))
            #expect(replies.map(\.status) == [200, 200])
            #expect(replies[0].headers["content-length"] == "7" && replies[0].body.isEmpty)
            #expect(replies[1].body == "xxx")
            let empty = try await server.replies(
                to: Array("GET /empty HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".utf8))
            #expect(empty.map(\.status) == [204] && empty[0].headers["content-length"] == nil)
        }
    }

    @Test("keeps a connection of HTTP/1.0 only on request, and says so")
    func old() async throws {
        try await withServer { server in
            let kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
            let replies = try await server.replies(to: Array((kept + "GET / HTTP/1.0\r\n\r\n").utf8))
            #expect(replies.map { $0.headers["connection"] } == ["keep-alive", "close"])
        }
    }

    @Test("lets no line break out of a value")
    func controls() async throws {
        try await withServer { server in
            let text = "GET /controls HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let replies = try await server.replies(to: Array(text.utf8))
            #expect(replies.first?.headers["x-split"] == "a  X-Evil: b  " && replies.first?.headers["x-evil"] == nil)
        }
    }

    @Test("answers many requests at once in their order, from memory and by tasks")
    func pipelined() async throws {
        try await withServer { server in
            let paths = (0..<500).map { ["/memory?\($0)", "/?\($0)", "/sleep?1"][$0 % 3] }
            let text = paths.map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined()
            let replies = try await server.replies(to: Array(text.utf8) + Self.last)
            let bodies = paths.map { $0.hasPrefix("/sleep") ? "slept" : "GET \($0) " }
            #expect(replies.map(\.body) == bodies + ["GET /last "])
        }
    }

    @Test("gives a refusal to the client that is still sending, before it ends the connection")
    func lingers() async throws {
        try await withServer { server in
            for _ in 0..<50 {
                let (replies, isTaken, isBroken) = try await awaitBlocking {
                    let client = try server.connect()
                    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
                    pause(2)
                    let isTaken = client.send([UInt8](repeating: 0x78, count: 100_000))
                    client.endOutput()
                    return (try client.replies(), isTaken, client.isBroken)
                }
                #expect(isTaken && !isBroken)
                #expect(replies.map(\.status) == [413])
                #expect(replies.first?.headers["x-path"] == "/")
            }
        }
    }

    @Test(
        "listens at addresses of IPv4 and IPv6, and at every address of a name",
        arguments: ["127.0.0.1", "::1", "localhost"])
    func addresses(host: String) async throws {
        try await withServer(configure: { $0.host = host }) { server in
            let hosts = host == "localhost" ? ["127.0.0.1"] : [host]
            for host in hosts {
                let reply = try await awaitBlocking {
                    let client = try TestClient(port: server.port, host: host)
                    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    return try client.reply()
                }
                #expect(reply.status == 200)
            }
        }
    }

    @Test("says why it cannot listen")
    func cannotListen() async throws {
        try await withServer { server in
            for (host, port) in [("127.0.0.1", server.port), ("nowhere.invalid", 0), ("127.0.0.1", 70_000)] {
                let other = Server(ServerConfiguration(host: host, port: port), responder: EchoResponder())
                let error = await #expect(throws: ServerError.self) { try await other.run { _ in } }
                #expect(error?.code == .address)
                #expect(error?.message.hasPrefix("cannot listen on \(host):\(port): ") == true)
            }
        }
    }

    @Test("serves with several threads")
    func threads() async throws {
        try await withServer(configure: { $0.threads = 3 }) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<50 {
                            let replies = try await server.replies(to: Self.last)
                            #expect(replies.map(\.body) == ["GET /last "])
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("speaks to curl", arguments: [false, true])
    func curl(encrypted: Bool) async throws {
        try await withServer(encrypted: encrypted) { server in
            let curl = "curl -sk --http1.1 -m 20"
            let url = "\(encrypted ? "https" : "http")://127.0.0.1:\(server.port)"
            let zeros = "head -c 70000 /dev/zero"
            for (command, output) in [
                ("\(curl) \(url)/a '\(url)/b?c'", "GET /a GET /b?c "), ("\(curl) -d hello \(url)/", "POST / hello"),
                ("printf hello | \(curl) -T - -H 'Transfer-Encoding: chunked' \(url)/", "PUT / hello"),
                ("head -c 5000 /dev/zero | tr '\\0' x | \(curl) -d @- \(url)/ | wc -c", "5007\n"),
                ("\(curl) -I \(url)/ | grep -c 'Content-Length: 7'", "1\n"),
                ("\(zeros) | \(curl) -w '%{http_code}' -o /dev/null --data-binary @- \(url)/", "413"),
                ("\(curl) '\(url)/large?1000000' | wc -c", "1000000\n"),
            ] {
                let printed = try await shell(command)
                #expect(printed == output, "\(command)")
            }
        }
    }
}
