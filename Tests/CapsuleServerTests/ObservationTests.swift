import CapsuleCore
import CapsuleTestSupport
import Documents
import HTTPServer
import Logging
import OCI
import Support
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("Logs and metrics", .timeLimit(.minutes(1))) struct ObservationTests {
    @Test("keeps a harmless request id, replaces any other, and logs it as JSON")
    func requestIDs() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            let reply = try await service.tester.send(
                "POST", "/verify", headers: [("X-Request-Id", "kargo-42.a:b_C")], body: release.request().text)
            #expect(reply.headers["x-request-id"] == "kargo-42.a:b_C")
            for bad in ["", "a b", "\"x\"", String(repeating: "x", count: RequestIdentifier.maximumLength + 1), "é"] {
                let reply = try await service.tester.send("GET", "/healthz", headers: [("X-Request-Id", bad)])
                let id = try #require(reply.headers["x-request-id"])
                #expect(id.count == 32 && id != bad)
            }
            for line in service.log.all {
                let object = try JSONParser.parse(Array(line.utf8), file: "log")
                #expect(line.hasSuffix("}\n") && line.split(separator: "\n").count == 1)
                #expect(object["time"]?.string == "2026-01-02T03:04:05.678Z")
            }
            let line = try #require(service.log.all.first { $0.contains("kargo-42.a:b_C") })
            let object = try JSONParser.parse(Array(line.utf8), file: "log")
            #expect(object["status"]?.int == 200)
            #expect(object["path"]?.string == "/verify")
        }
    }

    @Test("logs no token, known or unknown")
    func secrets() async throws {
        let release = try await TestRelease()
        try await withTestService([release], tokens: true) { service in
            _ = try await service.verify(release.request())
            var stranger = service.tester
            stranger.token = "another-secret-of-32-bytes-or-more"
            #expect(try await stranger.post("/verify", release.request()).status == 401)
            let log = service.log.all.joined()
            #expect(log.contains("\"caller\":\"test\""))
            for secret in [testToken, "another-secret"] { #expect(!log.contains(secret)) }
        }
    }

    @Test("escapes what would break a line of the log")
    func escapes() throws {
        let lines = LogLines()
        var logger = JSONLog(now: { 0 }, write: { lines.add($0) }).logger(level: .info)
        logger[metadataKey: "k\"ey"] = "a\nb\u{1b}[31m\u{9b}\\"
        logger.info("quote \" and \u{0} end")
        let object = try JSONParser.parse(Array(lines.all[0].utf8), file: "log")
        #expect(object["message"]?.string == "quote \" and \u{0} end")
        #expect(object["k\"ey"]?.string == "a\nb\u{1b}[31m\u{9b}\\")
        #expect(lines.all[0].utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A })
    }

    @Test(
        "writes dates in the format of HTTP",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (1_767_323_045, "Fri, 02 Jan 2026 03:04:05 GMT"),
        ] as [(Int64, String)])
    func date(seconds: Int64, text: String) { #expect(HTTPDate.text(seconds) == text) }

    @Test("formats a time once a second")
    func seconds() {
        let written = Mutex(0)
        let text = PerSecondCache { second in
            written.withLock { $0 += 1 }
            return "\(second)"
        }
        #expect([5, 5, 6, 6, 5].map { text[$0] } == ["5", "5", "6", "6", "5"])
        #expect(written.withLock { $0 } == 3)
    }

    @Test("writes metrics that Prometheus can read")
    func metrics() async throws {
        let release = try await TestRelease()
        try await withTestService([release]) { service in
            _ = try await service.verify(release.request())
            _ = try await service.verify(.object([]))
            _ = try await service.tester.get("/nowhere")
            let reply = try await service.tester.get("/metrics")
            #expect(reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            for line in [
                "capsule_requests_total{route=\"/verify\",status=\"200\"} 1",
                "capsule_requests_total{route=\"/verify\",status=\"400\"} 1",
                "capsule_requests_total{route=\"other\",status=\"404\"} 1",
                "capsule_checks_total{check=\"image.digest\",status=\"pass\"} 1",
                "capsule_registry_calls_total{operation=\"content\",outcome=\"ok\"} 3",
                "capsule_request_duration_seconds_bucket{route=\"/verify\",le=\"+Inf\"} 2",
            ] { #expect(reply.text.contains(line + "\n"), "\(line) is not in\n\(reply.text)") }
            #expect(reply.text.contains("\ncapsule_connections "))
            var types: [Substring: Substring] = [:]
            for line in reply.text.split(separator: "\n") {
                let words = line.split(separator: " ")
                if words[0] == "#" {
                    if words[1] == "TYPE" {
                        #expect(types.updateValue(words[3], forKey: words[2]) == nil)
                    }
                } else {
                    #expect(Double(words[words.count - 1]) != nil, "\(line)")
                }
            }
            #expect(types["capsule_request_duration_seconds"] == "histogram")
        }
    }

    @Test("measures calls of registries by the clock of the service")
    func registryCalls() async throws {
        let clock = TestClock()
        let metrics = ServiceMetrics(clock: ServiceClock(clock))
        try await metrics.registryCall(.tag) { clock.advance(by: .seconds(3)) }
        let name = "capsule_registry_call_duration_seconds"
        for line in [
            "\(name)_bucket{operation=\"tag\",le=\"2.5\"} 0", "\(name)_bucket{operation=\"tag\",le=\"5.0\"} 1",
            "\(name)_sum{operation=\"tag\"} 3.0",
        ] { #expect(metrics.text().contains(line + "\n"), "\(metrics.text())") }
    }

    @Test("returns the allowed methods of a path, and 404 for an unknown one")
    func routes() async throws {
        try await withTestService([]) { service in
            for (method, path, status) in [
                ("GET", "/verify", 405), ("PUT", "/healthz", 405), ("DELETE", "/v1/promotions", 405), ("GET", "/", 404),
                ("GET", "/v1/promotions/", 404), ("GET", "/v1/promotions/..", 404), ("HEAD", "/healthz", 200),
                ("GET", "/healthz?x=y", 200), ("GET", "/readyz", 200), ("GET", "//healthz", 404),
                ("GET", "/v1/promotions/\(String(repeating: "a", count: 63))", 404),
            ] {
                let connection = try await service.tester.sendRaw(method, path)
                #expect(connection.status == status, "\(method) \(path)")
                if status == 405 { #expect(connection.headers["allow"] != nil) }
            }
        }
    }
}

extension HTTPTester {
    /// Sends a request and reads the head of the answer alone: that to HEAD has no body.
    func sendRaw(_ method: String, _ path: String) async throws -> HTTPReply {
        guard method == "HEAD" else { return try await send(method, path) }
        let port = port
        return try await awaitBlockingReply(port, "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    }
}

private func awaitBlockingReply(_ port: Int, _ text: String) async throws -> HTTPReply {
    try await awaitBlocking {
        let connection = try RawConnection(port: port)
        connection.send(text)
        let bytes = connection.readToEnd().bytes
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return HTTPReply(status: Int(words[1]) ?? 0, headers: [:], body: [])
    }
}
