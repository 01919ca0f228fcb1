import CapsuleCore
import CapsuleTestSupport
import Documents
import HTTPServer
import OCI
import Rendering
import Support
import Testing

@testable import CapsuleServer

@Suite("Limits of the service", .timeLimit(.minutes(2))) struct LimitTests {
    private static func head(_ fields: String...) -> String {
        (["POST /verify HTTP/1.1", "Host: x"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    @Test("a body of 64 KiB is read, and one byte more is 413", arguments: [(0, 400), (1, 413)])
    func bodySize(more: Int, status: Int) async throws {
        try await withTestService([]) { service in
            let body = String(repeating: "x", count: ServerLimits().bodySize + more)
            #expect(try await service.tester.send("POST", "/verify", body: body).status == status)
            // Without a length that says so before.
            let chunked = try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                connection.send(Self.head("Transfer-Encoding: chunked"))
                connection.send("\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n")
                return try connection.reply()
            }
            #expect(chunked.status == status)
        }
    }

    @Test(
        "a body that declares itself too large is rejected before it is sent, and an endless one is not read to its end"
    )
    func endless() async throws {
        try await withTestService([], configure: { $0.limits.http.lingerTime = .seconds(5) }) { service in
            try await awaitBlocking {
                let declared = try RawConnection(port: service.port)
                declared.send(Self.head("Content-Length: 99999999999"))
                #expect(try declared.reply().status == 413)
                #expect(declared.readToEnd().closed)
                let connection = try RawConnection(port: service.port)
                connection.send(Self.head("Transfer-Encoding: chunked"))
                let chunk = "10000\r\n\(String(repeating: "x", count: 65_536))\r\n"
                var sent = 0
                // Some of what is sent is on its way in the buffers of the system.
                while sent < 2_000, connection.send(chunk) { sent += 1 }
                #expect(sent < 2_000, "it took \(sent) times 64 KiB")
            }
        }
    }

    @Test("a request without a token, or with a wrong one, is rejected before its body is read")
    func tokenFirst() async throws {
        let release = try await TestRelease()
        try await withTestService([release], tokens: true) { service in
            for field in ["X: y", "Authorization: Bearer wrong-token-of-many-bytes"] {
                let reply = try await awaitBlocking {
                    let connection = try RawConnection(port: service.port)
                    connection.send(Self.head(field, "Content-Length: 1000"))
                    return try connection.reply(seconds: 5)
                }
                #expect(reply.status == 401)
                #expect(reply.headers["www-authenticate"] == "Bearer realm=\"capsule\"")
                #expect(reply.headers["connection"] == "close")
            }
            #expect(service.registry.total == 0)
            #expect(try await service.verify(release.request()).status == 200)
        }
    }

    @Test("header fields up to the limit are read, and one byte more is 431")
    func headers() async throws {
        try await withTestService([]) { service in
            let limits = ServerLimits()
            for (count, status) in [(limits.headerFieldSize - 100, 400), (limits.headerFieldSize + 1, 431)] {
                let reply = try await service.tester.send(
                    "POST", "/verify", headers: [("X-Long", String(repeating: "x", count: count))], body: "")
                #expect(reply.status == status, "\(count)")
            }
            for (count, status) in [(limits.headerCount - 10, 400), (limits.headerCount + 1, 431)] {
                let fields = (0..<count).map { ("X-\($0)", "y") }
                let reply = try await service.tester.send("POST", "/verify", headers: fields, body: "")
                #expect(reply.status == status, "\(count)")
            }
            let garbage = try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                connection.send("\u{16}\u{03}\u{01} this is not HTTP\r\n\r\n")
                return try connection.reply()
            }
            #expect(garbage.status == 400)
        }
    }

    @Test("a head or a body that arrives slowly is 408, and a silent connection is closed")
    func slow() async throws {
        try await withTestService(
            [],
            configure: {
                $0.limits.http.headerTime = .milliseconds(500)
                $0.limits.http.bodyTime = .milliseconds(500)
                $0.limits.http.idleTime = .milliseconds(700)
                $0.limits.http.lingerTime = .milliseconds(100)
            }
        ) { service in
            let (head, body, silent, kept) = try await awaitBlocking {
                let head = try RawConnection(port: service.port)
                head.send("POST /verify HTT")
                let body = try RawConnection(port: service.port)
                body.send(Self.head("Content-Length: 100") + "{")
                let silent = try RawConnection(port: service.port)
                let kept = try RawConnection(port: service.port)
                kept.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try kept.reply()
                return (
                    try head.reply(seconds: 5), try body.reply(seconds: 5), silent.readToEnd(seconds: 5),
                    kept.readToEnd(seconds: 5)
                )
            }
            #expect(head.status == 408)
            #expect(body.status == 408)
            let metrics = try await service.tester.get("/metrics").text
            #expect(metrics.contains("capsule_connections_refused_total{status=\"408\"} 2\n"), "\(metrics)")
            #expect(silent.bytes.isEmpty && silent.closed)
            #expect(kept.bytes.isEmpty && kept.closed)
        }
    }

    @Test("a head that arrives in small pieces gets no more time")
    func slowloris() async throws {
        try await withTestService([], configure: { $0.limits.http.headerTime = .milliseconds(500) }) { service in
            let alive = try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                let start = ContinuousClock.now
                connection.send("GET /healthz HTTP/1.1\r\n")
                while ContinuousClock.now - start < .seconds(5) {
                    guard connection.send("X-Drop: 1\r\n") else { break }
                    if connection.readToEnd(seconds: 1).closed { break }
                }
                return ContinuousClock.now - start
            }
            #expect(alive < .seconds(4), "\(alive)")
        }
    }

    @Test(
        "the limits of connections and of work fit into the limit of open files, with as many again for probes",
        arguments: [
            (8_704, nil, 4_096, 4), (8_703, 4_095, 4_095, 4), (1_024, 288, 288, 4), (256, 48, 48, 2), (64, 12, 12, 1),
            (.max, nil, 4_096, 4),
        ] as [(Int, Int?, Int, Int)])
    func files(open: Int, lowered: Int?, connections: Int, work: Int) throws {
        var configuration = ServiceConfiguration(
            settings: ServiceSettings(allowList: try AllowList(repositories: [], remotes: [])), cacheDirectory: "/cache"
        )
        let result = configuration.fit(into: open)
        let limits = configuration.limits
        #expect(result == lowered && limits.http.connections == connections)
        #expect([limits.verifications, limits.deliveries, limits.runningPromotions].allSatisfy { $0 == work })
        #expect(2 * (limits.http.connections + limits.health.connections) <= max(open / 2, open - 256))
    }

    @Test("a file that cannot be written is 503, as when open files run out")
    func unwritable() {
        let error = ServiceError(FileError(.io, "/tmp/a cannot be written: Too many open files"))
        #expect(error.status == 503 && error.failure == .disk && error.retryAfter != nil)
    }

    @Test("connections are accepted up to the limit, and one more is 503", arguments: [8])
    func connections(limit: Int) async throws {
        try await withTestService([], configure: { $0.limits.http.connections = limit }) { service in
            try await awaitBlocking {
                var open: [RawConnection] = []
                for _ in 0..<limit {
                    let connection = try RawConnection(port: service.port)
                    connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try connection.reply().status == 200)
                    open.append(connection)
                }
                let extra = try RawConnection(port: service.port)
                #expect(try extra.reply().status == 503)
                open.removeLast()
            }
            // The one that left makes room.
            try await eventually("a response with 200") {
                (try? await service.tester.get("/healthz").status) == 200
            }
        }
    }

    @Test(
        "probes and /metrics are answered while idle and slow connections fill the limit, and nothing else is",
        arguments: ["", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "POST /ver", "GET /healthz HTTP/1.1\r\nX-Slow: "])
    func probes(others: String) async throws {
        try await withTestService([], configure: { $0.limits.http.connections = 8 }) { service in
            try await awaitBlocking {
                let open = try (0..<8).map { _ in try RawConnection(port: service.port) }
                for connection in open { connection.send(others) }
                for path in ["/healthz", "/readyz", "/metrics"] {
                    let probe = try RawConnection(port: service.port)
                    probe.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                    #expect(try probe.reply().status == 200, "\(path)")
                }
                for text in ["GET /openapi.json HTTP/1.1", "POST /verify HTTP/1.1", "POST /healthz HTTP/1.1"] {
                    let other = try RawConnection(port: service.port)
                    other.send("\(text)\r\nHost: x\r\n\r\n")
                    #expect(try other.reply().status == 503, "\(text)")
                }
            }
        }
    }

    @Test("/healthz responds within 100 ms while a thousand connections are idle and the queue is full")
    func crowd() async throws {
        let releases = try await [TestRelease(), TestRelease(number: 2), TestRelease(number: 3)]
        try await withTestService(releases, configure: { $0.limits.verifications = 1 }) { service in
            service.registry.hold()
            async let statuses = concurrently(releases, width: 3) { try await service.verify($0.request()).status }
            try await awaitBlocking {
                let idle = try (0..<1_000).map { _ in try RawConnection(port: service.port) }
                for connection in idle.prefix(500) { connection.send("POST /ver") }
                // The best of some: what else this machine does is not the service's doing, while connections that stood
                // before this one in a line would hold every answer up.
                var best = Duration.seconds(60)
                for round in 0...50 where best >= .milliseconds(100) {
                    let start = ContinuousClock.now
                    let connection = try RawConnection(port: service.port)
                    connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    #expect(try connection.reply().status == 200)
                    // The first one waits until all the others are let in.
                    if round > 0 { best = min(best, ContinuousClock.now - start) }
                }
                #expect(best < .milliseconds(100), "\(best)")
            }
            service.registry.release()
            #expect(try await statuses == [200, 200, 200])
        }
    }

    @Test("the queue holds as many requests as its limit, and one more is 429 with Retry-After")
    func queue() async throws {
        let releases = try await [TestRelease(), TestRelease(number: 2), TestRelease(number: 3)]
        try await withTestService(
            releases,
            configure: {
                $0.limits.verifications = 1
                $0.limits.queue = 1
            }
        ) { service in
            service.registry.hold()
            let replies = try await withThrowingTaskGroup(of: HTTPReply.self) { group in
                for release in releases { group.addTask { try await service.verify(release.request()) } }
                var replies: [HTTPReply] = []
                while let reply = try await group.next() {
                    if replies.isEmpty { service.registry.release() }
                    replies.append(reply)
                }
                return replies
            }
            #expect(replies.map(\.status) == [429, 200, 200])
            #expect(replies[0].headers["retry-after"] == "1")
        }
    }

    private static func waiting(_ count: Int) -> String { "capsule_work_waiting{work=\"verification\"} \(count)\n" }

    @Test("a client that hangs up leaves the queue to others, and does not count as a failure")
    func hangUp() async throws {
        let releases = try await [TestRelease(), TestRelease(number: 2), TestRelease(number: 3)]
        try await withTestService(
            releases,
            configure: {
                $0.limits.verifications = 1
                $0.limits.queue = 1
            }
        ) { service in
            service.registry.hold()
            async let first = service.verify(releases[0].request())
            try await eventually("the first is verified") { service.registry.held > 0 }
            let text = releases[1].request().text
            try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                connection.send(
                    Self.head("Content-Type: application/json", "Content-Length: \(text.utf8.count)") + text)
                // It waits in the queue by the time that this is answered.
                let probe = try RawConnection(port: service.port)
                var metrics = ""
                while !metrics.contains(Self.waiting(1)) {
                    probe.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
                    metrics = try probe.reply().text
                }
            }
            try await eventually("nothing waits") {
                try await service.tester.get("/metrics").text.contains(Self.waiting(0))
            }
            async let third = service.verify(releases[2].request())
            try await eventually("the third waits") {
                try await service.tester.get("/metrics").text.contains(Self.waiting(1))
            }
            service.registry.release()
            let statuses = try await [first.status, third.status]
            #expect(statuses == [200, 200])
            let metrics = try await service.tester.get("/metrics").text
            #expect(metrics.contains("capsule_requests_total{route=\"/verify\",status=\"499\"} 1\n"), "\(metrics)")
            #expect(metrics.contains("capsule_failures_total{reason=\"stopping\"} 0\n"))
            #expect(service.log.all.contains { $0.contains("the client closed the connection before the response") })
        }
    }

    @Test("clients that abort leave at once, also those that wait for the verdict that another one waits for")
    func aborted() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            service.registry.hold()
            async let first = service.verify(release.request())
            try await eventually("the first is verified") { service.registry.held > 0 }
            let text = release.request().text
            try await awaitBlocking {
                let clients = try (0..<100).map { _ in try RawConnection(port: service.port) }
                for client in clients { client.send(Self.head("Content-Length: \(text.utf8.count)") + text) }
                // They are read before this one, which came later.
                let probe = try RawConnection(port: service.port)
                probe.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = try probe.reply()
            }
            try await eventually("they have left, and the first has not") {
                try await service.tester.get("/metrics").text.contains(
                    "capsule_requests_total{route=\"/verify\",status=\"499\"} 100\n")
            }
            #expect(service.registry.held > 0)
            service.registry.release()
            #expect(try await first.status == 200)
        }
    }

    @Test("a request that takes longer than its limit is 503, and its work is cancelled")
    func late() async throws {
        let release = try await TestRelease()
        try await withTestService([release], configure: { $0.limits.requestTime = .seconds(2) }) { service in
            service.registry.hold()
            async let late = service.verify(release.request())
            // The other one that sleeps looks at what work requires.
            try await eventually("a read and a deadline") {
                service.registry.held > 0 && service.clock.sleepers == 2
            }
            service.clock.advance(by: .milliseconds(1_999))
            #expect(service.clock.sleepers == 2 && service.registry.held > 0)
            service.clock.advance(by: .milliseconds(1))
            #expect(try await late.status == 503)
            try await eventually("the read is cancelled") { service.registry.held == 0 }
            service.registry.release()
            #expect(try await service.verify(release.request()).status == 200)
        }
    }
}
