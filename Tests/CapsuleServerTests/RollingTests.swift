import CapsuleTestSupport
import Documents
import Support
import Synchronization
import Testing

@testable import CapsuleServer

/// Two replicas that are replaced one after the other, behind a balancer that keeps connections and notices late.
@Suite("Replicas that are replaced", .timeLimit(.minutes(1))) struct RollingTests {
    /// A balancer in miniature: it keeps a connection to each replica, as long as the replica keeps it.
    private final class Balancer: Sendable {
        private struct State {
            var ports: [Int] = []
            var kept: [Int: RawConnection] = [:]
            var failures: [String] = []
            var answers: [Int: Int] = [:]
        }

        private let text: String
        private let state = Mutex(State())

        init(_ body: String) {
            text = "POST /verify HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }

        var failures: [String] { state.withLock { $0.failures } }

        func answers(of port: Int) -> Int { state.withLock { $0.answers[port, default: 0] } }
        func add(_ port: Int) { state.withLock { $0.ports.append(port) } }
        func remove(_ port: Int) { state.withLock { state in state.ports.removeAll { $0 == port } } }

        /// Sends a request to each replica that it knows, a number of times. It repeats none.
        func send(times: Int) async {
            await awaitBlocking {
                for _ in 0..<times {
                    for port in self.state.withLock({ $0.ports }) { self.send(to: port) }
                }
            }
        }

        private func send(to port: Int) {
            do {
                let connection = try state.withLock { try $0.kept[port] ?? RawConnection(port: port) }
                connection.send(text)
                let reply = try connection.reply()
                state.withLock { state in
                    state.kept[port] = reply.headers["connection"] == "close" ? nil : connection
                    state.answers[port, default: 0] += 1
                    if reply.status != 200 { state.failures.append("\(reply.status) \(reply.text)") }
                }
            } catch {
                state.withLock { $0.failures.append("\(error)") }
            }
        }
    }

    @Test("lose no request, though the balancer sends some until it reads /readyz, and keeps connections")
    func roll() async throws {
        let release = try await TestRelease()
        let balancer = Balancer(release.request().text)
        try await replica(release, balancer) { first, stopFirst in
            try await replica(release, balancer) { second, stopSecond in
                await balancer.send(times: 5)
                try await replace(first, stopFirst, balancer)
                try await replica(release, balancer) { third, _ in
                    await balancer.send(times: 5)
                    try await replace(second, stopSecond, balancer)
                    await balancer.send(times: 5)
                    #expect(balancer.answers(of: third.port) >= 15)
                }
            }
            // Five before, and ten after the signal: on the kept connection, and on new ones.
            #expect(balancer.answers(of: first.port) == 15)
        }
        #expect(balancer.failures == [])
    }

    private func replica(
        _ release: TestRelease, _ balancer: Balancer,
        _ body: @escaping @Sendable (TestService, Signal) async throws -> Void
    ) async throws {
        let stop = Signal()
        try await withTestService([release], configure: { $0.drainTime = .seconds(5) }, stop: stop) { service in
            balancer.add(service.port)
            try await body(service, stop)
            balancer.remove(service.port)
            guard (try? await service.tester.get("/healthz")) != nil else { return }
            stop.give()
            try await eventually("it drains") { try await service.tester.get("/readyz").status == 503 }
            try await eventually("the drain period begins") { service.clock.sleepers > 1 }
            service.clock.advance(by: .seconds(5))
        }
    }

    /// Stops a replica, while the balancer still sends to it; it notices before the drain period is over.
    private func replace(_ service: TestService, _ stop: Signal, _ balancer: Balancer) async throws {
        stop.give()
        try await eventually("it drains") { try await service.tester.get("/readyz").status == 503 }
        await balancer.send(times: 10)
        balancer.remove(service.port)
        try await eventually("the drain period begins") { service.clock.sleepers > 1 }
        service.clock.advance(by: .seconds(5))
        try await eventually("it accepts nothing") { (try? await service.tester.get("/healthz")) == nil }
        await balancer.send(times: 5)
    }
}
