import Foundation
import HTTPClient
import HTTPMessages
import Synchronization
import Testing

@Suite("Cancellation and time", .timeLimit(.minutes(2)))
struct CancellationTests {
    enum Phase: CaseIterable, Sendable {
        case beforeSending, waitingForHead, sendingBody, waitingForSource, readingBody, queued
    }

    @Test("ends a request in every phase", arguments: Phase.allCases)
    func cancel(phase: Phase) async throws {
        let reached = Signal()
        let gone = Signal()
        var configuration = HTTPClientConfiguration.quick
        configuration.connectionsPerOrigin = 1
        try await withServer(configuration) { connection in
            guard connection.head() != nil else { return }
            if phase == .readingBody { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning") }
            if phase == .sendingBody { _ = connection.body(1 << 20) }
            reached.raise()
            connection.waitForEnd()
            gone.raise()
        } _: { server, client in
            let source: any UploadSource = phase == .sendingBody ? EndlessSource() : StuckSource(after: [1, 2, 3])
            let hasBody = phase == .sendingBody || phase == .waitingForSource
            let request = HTTPRequest(
                hasBody ? .PUT : .GET, server.origin, "/", body: hasBody ? .source(source, length: 1 << 40) : .none)
            let task = Task {
                if phase == .beforeSending { try? await Task.sleep(for: .seconds(60)) }
                _ = try await client.text(request)
            }
            if phase != .beforeSending { await reached.wait() }
            if phase == .queued {
                let second = Task { try await client.text(server.get()) }
                try await Task.sleep(for: .milliseconds(50))
                second.cancel()
                await #expect(throws: CancellationError.self) { try await second.value }
            }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            if phase != .beforeSending { await gone.wait() }
            if let source = source as? StuckSource, hasBody { #expect(source.wasCancelled) }
        }
    }

    @Test("ends active requests when the client is closed, before the library")
    func closing() async throws {
        let reached = Signal()
        let (waiting, stream) = try await RawServer.run { connection in
            guard let request = connection.request() else { return }
            if request.head.hasPrefix("GET /stream") {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
            }
            reached.raise()
            connection.waitForEnd()
        } _: { server in
            let (task, body, client) = try await withHTTPClient(.quick) { client in
                let task = Task { try await client.failure(server.get("/wait")) }
                let body = try await client.send(server.get("/stream")).body
                for _ in 0..<2 { await reached.wait() }
                return (task, body, client)
            }
            let late = try await client.failure(server.get())
            #expect(late?.code == .cancelled)
            let waiting = try await task.value
            let stream = await #expect(throws: HTTPFailure.self) { try await body.collect(upTo: 10) }
            return (waiting, stream)
        }
        #expect(waiting?.code == .cancelled)
        #expect(stream?.code == .cancelled)
    }

    @Test(
        "gives up a server that is silent",
        arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
    func idle(beginning: String) async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.idleTimeout = .milliseconds(400)
        let start = ContinuousClock.now
        try await withServer(configuration) { connection in
            _ = connection.request()
            connection.send(beginning)
            connection.waitForEnd()
        } _: { server, client in
            let failure = try await client.failure(server.get())
            #expect(failure?.code == .timeout)
            #expect(failure?.isTransient == true)
        }
        #expect(start.duration(to: .now) >= .milliseconds(400))
    }

    @Test("gives up a server that does not read a body")
    func sendIdle() async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.idleTimeout = .milliseconds(400)
        let release = Signal()
        try await withServer(configuration) { connection in
            _ = connection.head()
            release.waitBlocking()
        } _: { server, client in
            let request = HTTPRequest(.PUT, server.origin, "/", body: .source(EndlessSource(), length: 1 << 40))
            let failure = try await client.failure(request)
            release.raise()
            #expect(failure?.code == .sendTimeout)
        }
    }

    @Test("accepts a slow response while it makes progress")
    func slowButMoving() async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.idleTimeout = .seconds(2)
        try await withServer(configuration) { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n")
            for _ in 0..<12 {
                connection.send("x")
                usleep(300_000)
            }
        } _: { server, client in
            let text = try await client.text(server.get())
            #expect(text.body.count == 12)
        }
    }

    @Test("ends a slow response at its deadline", arguments: [true, false])
    func deadline(isHead: Bool) async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.send(isHead ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while connection.send(isHead ? "X: y\r\n" : "x") { usleep(50_000) }
        } _: { server, client in
            var request = server.get()
            if isHead { request.headDeadline = .milliseconds(600) } else { request.deadline = .milliseconds(600) }
            let start = ContinuousClock.now
            let failure = try await client.failure(request)
            #expect(failure?.code == .timeout)
            #expect(start.duration(to: .now) >= .milliseconds(600))
        }
    }

    @Test("does not apply the deadline of the head to the body")
    func headDeadline() async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
            usleep(1_500_000)
            connection.send("k")
        } _: { server, client in
            var request = server.get()
            request.headDeadline = .seconds(1)
            let text = try await client.text(request)
            #expect(text.body == "ok")
        }
    }

    @Test("includes time in which the response is not read")
    func deadlineWhilePaused() async throws {
        let size = 16 << 20
        try await withServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            connection.send([UInt8](repeating: 1, count: size))
        } _: { server, client in
            var request = server.get()
            request.deadline = .milliseconds(500)
            let body = try await client.send(request).body
            try await Task.sleep(for: .milliseconds(1500))
            let failure = await #expect(throws: HTTPFailure.self) { try await body.collect(upTo: size) }
            #expect(failure?.code == .timeout)
        }
    }

    @Test("gives up waiting for a free connection at the deadline")
    func queued() async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.connectionsPerOrigin = 1
        let reached = Signal()
        try await withServer(configuration) { connection in
            _ = connection.request()
            reached.raise()
            connection.waitForEnd()
        } _: { server, client in
            let first = Task { try await client.text(server.get()) }
            await reached.wait()
            var request = server.get()
            request.headDeadline = .milliseconds(300)
            let failure = try await client.failure(request)
            #expect(failure?.code == .connectTimeout)
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            #expect(server.connections == 1)
        }
    }

    @Test("of a waiting request frees no other connection and sends nothing")
    func cancelledInTheQueue() async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.connectionsPerOrigin = 2
        let seen = HeadLog()
        try await withServer(configuration) { connection in
            while let request = connection.request() {
                seen.add(request.head)
                usleep(1000)
                connection.answer()
            }
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for round in 0..<300 {
                    let isKept = round % 3 == 0
                    let task = Task { try await client.text(server.get(isKept ? "/kept/\(round)" : "/cancelled")) }
                    if !isKept {
                        // So that most of them have come to the queue.
                        try await Task.sleep(for: .microseconds(300))
                        task.cancel()
                    }
                    group.addTask {
                        switch await task.result {
                        case .success(let text): #expect(text.body == "ok")
                        case .failure(let error): #expect(!isKept && error is CancellationError)
                        }
                    }
                    if round % 7 == 0 { await Task.yield() }
                }
                try await group.waitForAll()
            }
            // Both places are free again.
            let last = try await client.text(server.get("/last"))
            #expect(last.body == "ok")
        }
        let kept = seen.all.filter { $0.hasPrefix("GET /kept/") }
        #expect(kept.count == 100)
        #expect(Set(kept).count == 100)
    }

    @Test("gives up a connection that is not made in time")
    func connect() async throws {
        // A listener whose backlog is full: further connections get no answer.
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        func named(_ call: (UnsafeMutablePointer<sockaddr>) -> Int32) -> Int32 {
            withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, call) }
        }
        #expect(named { bind(listener, $0, size) } == 0)
        #expect(listen(listener, 0) == 0)
        #expect(named { getsockname(listener, $0, &length) } == 0)
        let fillers = (0..<4).map { _ in
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = named { Foundation.connect(filler, $0, size) }
            return filler
        }
        defer { for descriptor in fillers + [listener] { close(descriptor) } }
        var configuration = HTTPClientConfiguration()
        configuration.connectTimeout = .milliseconds(500)
        let port = Int(UInt16(bigEndian: address.sin_port))
        try await withHTTPClient(configuration) { client in
            let origin = HTTPOrigin(scheme: .http, host: "127.0.0.1", port: port)
            let failure = try await client.failure(HTTPRequest(.GET, origin, "/"))
            #expect(failure?.code == .connectTimeout)
            #expect(failure?.party == .server)
        }
    }
}
