import CapsuleTestSupport
import Documents
import HTTPServer
import Support
import Testing

@testable import CapsuleServer

@Suite("The port for probes and metrics", .timeLimit(.minutes(1))) struct HealthPortTests {
    @Test("answers whatever the number of connections is on the other one, and nothing but probes and metrics")
    func crowd() async throws {
        let release = try await TestRelease()
        try await withTestService(
            [release],
            configure: {
                $0.limits.http.connections = 8
                $0.limits.http.probeTime = .seconds(60)
                $0.health = ("127.0.0.1", 0)
            }
        ) { service in
            let health = try service.health
            let open = try await awaitBlocking { try (0..<40).map { _ in try RawConnection(port: service.port) } }
            for path in ["/healthz", "/readyz", "/metrics"] {
                #expect(try await health.get(path).status == 200, "\(path)")
            }
            try await eventually("the limit is reached") {
                try await health.get("/metrics").text.contains("capsule_connections 8\n")
            }
            for path in ["/verify", "/openapi.json", "/v1/promotions", "/"] {
                let reply = try await health.send("POST", path, body: release.request().text)
                #expect(reply.status == 404, "\(path)")
                #expect(try await health.get(path).text.contains("/healthz, /readyz and /metrics only"), "\(path)")
            }
            #expect(service.registry.total == 0)
            withExtendedLifetime(open) {}
        }
    }

    @Test("answers until the last work has ended, when the other one accepts nothing any more")
    func stop() async throws {
        let releases = try await [TestRelease(), TestRelease(number: 2)]
        let stop = Signal()
        try await withTestService(
            releases,
            configure: {
                $0.health = ("127.0.0.1", 0)
                $0.limits.verifications = 1
                $0.limits.queue = 0
                $0.drainTime = .seconds(5)
            }, stop: stop
        ) { service in
            let health = try service.health
            service.registry.hold()
            async let first = service.verify(releases[0].request())
            try await eventually("the first is verified") { service.registry.held > 0 }
            stop.give()
            try await eventually("it drains") { try await health.get("/readyz").status == 503 }
            // A limit that is reached while the service drains is the same limit.
            let second = try await service.verify(releases[1].request())
            #expect(second.status == 429 && second.headers["connection"] == "close")
            #expect(try await service.tester.get("/readyz").status == 503)
            // The others that sleep look at what work requires, and limit the time of the first request.
            try await eventually("the drain period begins") { service.clock.sleepers > 2 }
            service.clock.advance(by: .seconds(5))
            try await eventually("nothing is accepted") { (try? await service.tester.get("/healthz")) == nil }
            #expect(try await health.get("/healthz").status == 200)
            #expect(try await health.get("/metrics").text.contains("capsule_work_running{work=\"verification\"} 1\n"))
            service.registry.release()
            #expect(try await first.status == 200)
            #expect(!service.log.all.joined().contains("ended by"))
        }
    }

    @Test("a port that is taken ends the service with its name")
    func taken() async throws {
        try await withTestService([], configure: { $0.health = ("127.0.0.1", 0) }) { service in
            let port = try service.health.port
            let error = await #expect(throws: (any Error).self) {
                try await withTestService([], configure: { $0.health = ("127.0.0.1", port) }) { _ in }
            }
            #expect("\(String(describing: error))".contains("cannot listen on 127.0.0.1:\(port)"), "\(error as Any)")
        }
    }
}
