import Foundation
import HTTPClient
import HTTPMessages
import Testing

@Suite("Names that are slow to look up", .timeLimit(.minutes(3)))
struct SlowNameTests {
    @Test("block nothing", .enabled(if: !SlowNames.areHere))
    func inAProcess() async throws {
        let (output, passed) = try await blocking { try SlowNames.run("SlowNameCases") }
        #expect(passed, "\(output)")
        #expect(output.contains("4 tests in 1 suite passed"), "\(output)")
    }
}

@Suite("Slow names", .timeLimit(.minutes(2)), .enabled(if: SlowNames.areHere, "runs in a process of its own"))
struct SlowNameCases {
    private let request = HTTPRequest(.GET, HTTPOrigin(scheme: .http, host: SlowNames.name), "/")

    @Test("block nothing else, awaited or cancelled")
    func others() async throws {
        try await withServer { connection in
            while connection.request() != nil { connection.answer() }
        } _: { server, client in
            let start = ContinuousClock.now
            let slow = Task { try await client.text(request) }
            try await Task.sleep(for: .milliseconds(200))
            let during = try await client.text(server.get())
            #expect(during.body == "ok")
            slow.cancel()
            await #expect(throws: CancellationError.self) { try await slow.value }
            let after = try await client.text(server.get())
            #expect(after.body == "ok")
            #expect(start.duration(to: .now) < .seconds(40))
        }
    }

    @Test("do not depend on a proxy in the environment, which is not read")
    func environment() async throws {
        #expect(ProcessInfo.processInfo.environment["http_proxy"] != nil)
        try await withServer { connection in
            while connection.request() != nil { connection.answer() }
        } _: { server, client in
            let text = try await client.text(server.get())
            #expect(text.body == "ok")
        }
    }

    @Test("do not delay closing the client")
    func closing() async throws {
        let start = ContinuousClock.now
        let task = try await withHTTPClient(.quick) { client in
            let task = Task { try await client.failure(request) }
            try await Task.sleep(for: .milliseconds(200))
            return task
        }
        let failure = try await task.value
        #expect(failure?.code == .cancelled)
        #expect(start.duration(to: .now) < .seconds(40))
    }

    @Test("reach the connection time-out")
    func timeout() async throws {
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = .milliseconds(500)
        let start = ContinuousClock.now
        let failure = try await withHTTPClient(configuration) { try await $0.failure(request) }
        #expect([.connectTimeout, .nameNotResolved].contains(failure?.code), "\(String(describing: failure))")
        #expect(start.duration(to: .now) < .seconds(40))
    }
}
