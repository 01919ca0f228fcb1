import CapsuleCore
import CapsuleTestSupport
import Dispatch
import Documents
import HTTPServer
import OCI
import Support
import Testing

@testable import CapsuleServer

/// Requests on connections that are kept alive, which the loop answers from the cache.
@Suite("A cached verdict", .timeLimit(.minutes(1))) struct VerdictCacheTests {
    private static func request(_ body: String, _ fields: [String] = []) -> String {
        let head = ["POST /verify HTTP/1.1", "Host: x", "Content-Length: \(body.utf8.count)"] + fields
        return head.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private static func verdicts(_ service: TestService, _ source: String) async throws -> Int {
        let series = "capsule_verdicts_total{result=\"ok\",source=\"\(source)\"} "
        let line = try await service.tester.get("/metrics").text.split(separator: "\n").first { $0.hasPrefix(series) }
        return line.flatMap { Int($0.dropFirst(series.count)) } ?? 0
    }

    @Test("equals the first response, however the request arrives")
    func same() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            let body = release.request().text
            let first = try await service.verify(release.request())
            let whole = Self.request(body, ["X-Request-Id: mine"])
            let replies = try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                connection.send(whole)
                let one = try connection.reply()
                // The head, the body, and the body in two pieces.
                for part in [whole.dropLast(body.count), body.prefix(20), body.dropFirst(20)] {
                    connection.send(String(part))
                    pause(50)
                }
                let two = try connection.reply()
                connection.send("POST /verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                connection.send("\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n")
                return [one, two, try connection.reply()]
            }
            for reply in replies {
                #expect(reply.status == 200 && reply.body == first.body)
                #expect(Set(reply.headers.keys) == Set(first.headers.keys).subtracting(["connection"]))
                #expect(reply.headers["date"]?.hasSuffix(" GMT") == true)
            }
            #expect(replies[0].headers["x-request-id"] == "mine")
            #expect(try await Self.verdicts(service, "memory") == 3)
            let line = try #require(service.log.all.first { $0.contains("\"mine\"") })
            #expect(line.contains("\"path\":\"/verify\"") && line.contains("\"status\":200"))
        }
    }

    @Test("is returned in the order of the requests on its connection")
    func pipelined() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            _ = try await service.verify(release.request())
            let known = Self.request(release.request().text)
            let sent = [
                known, Self.request("{"), known, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
                Self.request(release.request().text, ["Connection: close"]),
            ]
            let bytes = try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                connection.send(sent.joined())
                return connection.readToEnd().bytes
            }
            let statuses = String(decoding: bytes, as: UTF8.self).split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
            #expect(statuses == ["200", "400", "200", "200", "200"])
        }
    }

    @Test("is not returned to a caller whose token is not, or no longer, valid for it")
    func tokens() async throws {
        let release = try await TestRelease()
        try await withTestService([release], tokens: true) { service in
            #expect(try await service.verify(release.request()).status == 200)
            let body = release.request().text
            @Sendable func ask(_ fields: [String]) async throws -> Int {
                try await awaitBlocking {
                    let connection = try RawConnection(port: service.port)
                    connection.send(Self.request(body, fields))
                    return try connection.reply().status
                }
            }
            let good = ["Authorization: Bearer \(testToken)"]
            #expect(try await ask(good) == 200)
            #expect(try await ask([]) == 401)
            #expect(try await ask(["Authorization: Bearer another-token-of-many-bytes"]) == 401)
            try writeFile("\(service.directory)/token", "renewed-token-of-many-bytes\n")
            service.clock.advance(by: .seconds(1))
            #expect(try await ask(good) == 401)
            #expect(try await ask(["Authorization: Bearer renewed-token-of-many-bytes"]) == 200)
            let file = "tokens: [{name: test, file: token, roles: [\"promote:staging\"]}]\n"
            try writeFile("\(service.directory)/tokens.yaml", file)
            service.clock.advance(by: .seconds(1))
            #expect(try await ask(["Authorization: Bearer renewed-token-of-many-bytes"]) == 403)
        }
    }

    @Test("is verified again when its tag moved, or when the body is larger than the limit")
    func forgotten() async throws {
        let release = try await TestRelease()
        let other = try RawManifest(
            encoding: ImageManifest(
                config: Descriptor(mediaType: "application/vnd.oci.image.config.v1+json", content: Array("{ }".utf8)),
                layers: []))
        try await withTestService([release], configure: { $0.tagTTL = .seconds(1) }) { service in
            @Sendable func ask(_ body: String) async throws -> HTTPReply {
                try await awaitBlocking {
                    let connection = try RawConnection(port: service.port)
                    connection.send(Self.request(body))
                    return try connection.reply()
                }
            }
            let body = release.request().text
            for (size, chain) in [(VerdictCache.maximumBody, 1), (VerdictCache.maximumBody + 1, 3)] {
                let padded = body + String(repeating: " ", count: size - body.utf8.count)
                for _ in 0..<2 { #expect(try await ask(padded).status == 200) }
                #expect(try await Self.verdicts(service, "chain") == chain)
            }
            #expect(try await ask(body).status == 200)
            release.imageStore.add(other, tag: release.tag)
            service.clock.advance(by: .seconds(1))
            for _ in 0..<2 {
                let moved = try await ask(body)
                #expect(moved.status == 422)
            }
        }
    }

    @Test("does not exempt a connection from its limits, and a connection may last longer than the limit of a head")
    func limits() async throws {
        let release = try await TestRelease()
        try await withTestService(
            [release],
            configure: {
                $0.limits.http.headerTime = .milliseconds(300)
                $0.limits.http.bodyTime = .milliseconds(600)
                $0.limits.http.idleTime = .seconds(5)
            }
        ) { service in
            let request = Self.request(release.request().text)
            let (statuses, late) = try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                var statuses: [Int] = []
                for _ in 0..<4 {
                    connection.send(request)
                    statuses.append(try connection.reply().status)
                    pause(400)
                }
                connection.send(String(request.dropLast(1)))
                return (statuses, try connection.reply(seconds: 5).status)
            }
            #expect(statuses == [200, 200, 200, 200])
            #expect(late == 408)
        }
    }

    @Test("is not buffered without limit for a client that does not read, whose connection is closed")
    func unread() async throws {
        let release = try await TestRelease()
        try await withTestService([release], configure: { $0.limits.http.unreadTime = .seconds(1) }) { service in
            _ = try await service.verify(release.request())
            let requests = String(repeating: Self.request(release.request().text), count: 20_000)
            let (sent, took) = try await awaitBlocking {
                let connection = try RawConnection(port: service.port)
                let start = ContinuousClock.now
                return (connection.send(requests), ContinuousClock.now - start)
            }
            #expect(!sent && took < .seconds(20), "\(took)")
            let answered = service.log.all.count { $0.contains("/verify") }
            #expect((1...10_000).contains(answered), "\(answered)")
        }
    }

    @Test("and other work is done until the drain time is over, and after it for a request that had begun")
    func draining() async throws {
        let release = try await TestRelease()
        let stop = Signal()
        try await withTestService(
            [release, try await TestRelease(number: 2)], configure: { $0.drainTime = .seconds(2) }, stop: stop
        ) { service in
            let other = try await TestRelease(number: 2)
            _ = try await service.verify(release.request())
            let request = Self.request(release.request().text)
            let (begun, kept) = (try RawConnection(port: service.port), try RawConnection(port: service.port))
            let known = try await awaitBlocking {
                begun.send(String(request.dropLast(1)))
                kept.send(request)
                return try kept.reply()
            }
            stop.give()
            try await eventually("/readyz returns 503 and the drain time runs") {
                try await service.tester.get("/readyz").status == 503 && service.clock.sleepers == 2
            }
            // One from the cache on a connection that was there, and one that is new in every respect.
            let late = try await awaitBlocking {
                kept.send(request)
                return try kept.reply()
            }
            let new = try await service.verify(other.request())
            service.clock.advance(by: .seconds(2))
            try await eventually("no more connections are accepted") {
                (try? RawConnection(port: service.port)) == nil
            }
            let replies = try await awaitBlocking {
                begun.send(String(request.suffix(1)))
                return [known, late, new, try begun.reply()]
            }
            #expect(replies.map(\.status) == [200, 200, 200, 200])
            #expect(replies.map { $0.headers["connection"] } == [nil, "close", "close", "close"])
        }
    }
}

/// Waits on a thread that is there to wait.
private func pause(_ milliseconds: Int) {
    _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .milliseconds(milliseconds))
}
