import Glibc
import Testing

@testable import HTTPServer

@Suite("Limits of a server", .timeLimit(.minutes(3)), .serialized) struct ServerLimitTests {
    @Test("a head or a body that comes too slowly is 408, and a connection where nothing is asked is closed")
    func slow() async throws {
        try await withServer(configure: {
            $0.limits.headerTime = .milliseconds(400)
            $0.limits.bodyTime = .milliseconds(400)
            $0.limits.idleTime = .milliseconds(600)
        }) { server in
            let (head, second, body, silent, kept) = try await awaitBlocking {
                let clients = try (0..<5).map { _ in try server.connect() }
                clients[0].send("GET / HT")
                clients[1].send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT")
                clients[2].send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
                clients[4].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                return (
                    try clients[0].replies(), try clients[1].replies(), try clients[2].replies(),
                    try clients[3].replies(), try clients[4].replies()
                )
            }
            #expect(head.map(\.status) == [408] && head[0].headers["connection"] == "close")
            #expect(second.map(\.status) == [200, 408])
            #expect(body.map(\.status) == [408] && body[0].headers["x-path"] == "/")
            #expect(silent.isEmpty)
            #expect(kept.map(\.status) == [200])
        }
    }

    @Test("drops do not buy time", arguments: ["X: y\r\n", "x"])
    func drops(drop: String) async throws {
        try await withServer(configure: {
            $0.limits.headerTime = .milliseconds(500)
            $0.limits.bodyTime = .milliseconds(500)
        }) { server in
            let time = try await awaitBlocking {
                let client = try server.connect()
                let start = ContinuousClock.now
                client.send(
                    drop == "x"
                        ? "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n"
                        : "GET / HTTP/1.1\r\nHost: x\r\n")
                while ContinuousClock.now - start < .seconds(20), client.send(drop) {
                    if client.read(seconds: 0.1) != nil { break }
                }
                return ContinuousClock.now - start
            }
            #expect(time < .seconds(5), "\(time)")
        }
    }

    @Test("what a task takes is none of these times")
    func working() async throws {
        try await withServer(configure: {
            $0.limits.headerTime = .milliseconds(200)
            $0.limits.bodyTime = .milliseconds(200)
            $0.limits.idleTime = .milliseconds(200)
        }) { server in
            let text = "GET /sleep?1500 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let replies = try await server.replies(to: Array(text.utf8))
            #expect(replies.map(\.body) == ["slept"])
        }
    }

    @Test("what a client has read is not kept, even when there is always more for it")
    func read() async throws {
        await #expect(processExitsWith: .success) {
            // More than the system takes at a time, so that there is never nothing to be sent.
            try await withServer(configure: { $0.limits.unreadSize = 6 << 20 }) { server in
                let before = residentBytes()
                let most = try await awaitBlocking {
                    let client = try TestClient(port: server.port, window: 16 << 10)
                    client.send(
                        String(repeating: "GET /large?100000 HTTP/1.1\r\nHost: x\r\n\r\n", count: 900))
                    var (count, most) = (0, 0)
                    while count < 80_000_000, let bytes = client.read(seconds: 20), !bytes.isEmpty {
                        // The server is faster than that.
                        if count / 1_000_000 != (count + bytes.count) / 1_000_000 {
                            pause(30)
                            most = max(most, residentBytes())
                        }
                        count += bytes.count
                    }
                    #expect(count >= 80_000_000)
                    return most
                }
                #expect(most - before < 32 << 20, "\(most - before) bytes")
            }
        }
    }

    @Test(
        "answers are not piled up for a client that does not read, who is left after a while",
        arguments: ["/memory", "/"])
    func unread(path: String) async throws {
        try await withServer(configure: { $0.limits.unreadTime = .seconds(1) }) { server in
            let time = try await awaitBlocking {
                let client = try server.connect()
                let start = ContinuousClock.now
                let requests = Array(String(repeating: "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n", count: 1_000).utf8)
                var sent = 0
                while sent < 1_000, client.send(requests) { sent += 1 }
                #expect(sent < 1_000)
                return ContinuousClock.now - start
            }
            #expect(time < .seconds(30), "\(time)")
            #expect(try await eventually { server.server.connections == 0 })
        }
    }

    @Test("a large answer is taken by a client that is slow, but reads")
    func slowReader() async throws {
        try await withServer(configure: { $0.limits.unreadTime = .seconds(3) }) { server in
            let count = try await awaitBlocking {
                let client = try TestClient(port: server.port, window: 8_192)
                client.send("GET /large?2000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                var count = 0
                var reads = 0
                while let bytes = client.read(seconds: 10), !bytes.isEmpty {
                    count += bytes.count
                    reads += 1
                    if reads % 10 == 0 { pause(20) }
                }
                return count
            }
            #expect(count > 2_000_000)
        }
    }

    @Test("a client that reads a little now and then is left")
    func dribblingReader() async throws {
        try await withServer(configure: {
            $0.limits.unreadTime = .seconds(3)
            $0.limits.unreadRate = 8 << 20
        }) { server in
            let count = try await awaitBlocking {
                let client = try TestClient(port: server.port, window: 8_192)
                client.send("GET /large?30000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                var count = 0
                // The server's system takes some megabytes before it waits for the client.
                while count < 30_000_000, let bytes = client.read(seconds: 10), !bytes.isEmpty {
                    count += bytes.count
                    pause(10)
                }
                return count
            }
            #expect(count < 30_000_000)
            #expect(try await eventually { server.server.connections == 0 })
        }
    }

    @Test("an endless body is not read on")
    func endless() async throws {
        try await withServer { server in
            let sent = try await awaitBlocking {
                let client = try server.connect()
                client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                let chunk = Array("10000\r\n\(String(repeating: "x", count: 65_536))\r\n".utf8)
                var sent = 0
                while sent < 2_000, client.send(chunk) { sent += 1 }
                return sent
            }
            #expect(sent < 2_000)
        }
    }

    @Test("4,096 connections that say nothing are open, one more is told to come again, and who leaves makes room")
    func connections() async throws {
        await #expect(processExitsWith: .success) {
            try raiseDescriptors(to: 10_000)
            try await withServer { server in
                let limit = ServerLimits().connections
                try await awaitBlocking {
                    var silent = try (0..<limit).map { _ in try TestClient(port: server.port) }
                    let start = ContinuousClock.now
                    while server.server.connections < limit, ContinuousClock.now - start < .seconds(20) { pause(10) }
                    #expect(server.server.connections == limit)
                    for _ in 0..<3 {
                        let extra = try TestClient(port: server.port)
                        let replies = try extra.replies()
                        #expect(replies.map(\.status) == [503] && replies.first?.headers["connection"] == "close")
                    }
                    silent[limit - 1].send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try silent[limit - 1].reply().status == 200)
                    silent.removeFirst()
                    while server.server.connections == limit, ContinuousClock.now - start < .seconds(40) { pause(10) }
                    let next = try TestClient(port: server.port)
                    next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try next.reply().status == 200)
                }
            }
        }
    }

    @Test("one connection too many is told so with TLS, too, and there is an end to telling")
    func encryptedConnections() async throws {
        try await withServer(encrypted: true, configure: { $0.limits.connections = 2 }) { server in
            try await awaitBlocking {
                let open = try (0..<2).map { _ in try server.connect() }
                for client in open {
                    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try client.reply().status == 200)
                }
                #expect(try server.connect().replies().map(\.status) == [503])
                // Two places for those that are told, and no more: these say nothing, not even a handshake.
                let more = try (0..<4).map { _ in try TestClient(port: server.port) }
                #expect(more.last?.readToEnd(seconds: 5).isClosed == true)
                #expect(more.first?.read(seconds: 0) == nil)
            }
        }
    }

    @Test("when no descriptor is left, who waits stays in line and is served once one is free")
    func descriptors() async throws {
        await #expect(processExitsWith: .success) {
            try raiseDescriptors(to: 10_000)
            try await withServer { server in
                try await awaitBlocking {
                    let first = try TestClient(port: server.port)
                    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try first.reply().status == 200)
                    let waiting = try TestClient(port: server.port)
                    waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try waiting.reply().status == 200)
                    let second = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                    defer { close(second) }
                    // Everything that is left.
                    var taken: [Int32] = []
                    while case let copy = dup(0), copy >= 0 { taken.append(copy) }
                    defer { for copy in taken { close(copy) } }
                    #expect(errno == EMFILE)
                    var address = sockaddr_in()
                    address.sin_family = sa_family_t(AF_INET)
                    address.sin_port = in_port_t(server.port).bigEndian
                    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
                    let status = withUnsafePointer(to: &address) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            connect(second, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                        }
                    }
                    #expect(status == 0)
                    let text = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
                    #expect(send(second, text, text.count, 0) == text.count)
                    // It is not answered, others are, and nobody runs in a circle.
                    var before = rusage()
                    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &before)
                    var poll = pollfd(fd: second, events: Int16(POLLIN), revents: 0)
                    #expect(Glibc.poll(&poll, 1, 1_000) == 0)
                    var after = rusage()
                    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &after)
                    let cpu = milliseconds(after) - milliseconds(before)
                    #expect(cpu < 500, "\(cpu) ms")
                    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try first.reply().status == 200)
                    close(taken.removeLast())
                    #expect(Glibc.poll(&poll, 1, 20_000) == 1)
                    for copy in taken { close(copy) }
                    taken = []
                }
            }
        }
    }
}

private func milliseconds(_ usage: rusage) -> Int {
    (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000
        + Int(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000
}

private func raiseDescriptors(to count: rlim_t) throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = max(limit.rlim_cur, min(count, limit.rlim_max))
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur >= count else {
        throw TestFailure(description: "there must be \(count) descriptors, and the most is \(limit.rlim_max)")
    }
}
