import Foundation
import HTTPClient
import HTTPMessages
import Synchronization
import Testing

@Suite("Downloads", .timeLimit(.minutes(2)))
struct DownloadTests {
    @Test("return every byte in order, in large pieces")
    func whole() async throws {
        let size = 64 << 20
        try await withServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            for block in 0..<64 { connection.send([UInt8](repeating: UInt8(block), count: 1 << 20)) }
        } _: { server, client in
            let body = try await client.send(server.get()).body
            var position = 0
            var pieces = 0
            while let piece = try await body.next() {
                #expect(piece.count <= 512 << 10)
                let isRight = stride(from: 0, to: piece.count, by: 4093).allSatisfy {
                    piece[$0] == UInt8(truncatingIfNeeded: (position + $0) >> 20)
                }
                #expect(isRight)
                position += piece.count
                pieces += 1
            }
            #expect(position == size)
            #expect(pieces < size / (24 << 10))
        }
    }

    @Test("hold the server back while they are not read, and continue when they are")
    func backPressure() async throws {
        let size = 256 << 20
        let sent = Mutex(0)
        try await withServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let block = [UInt8](repeating: 1, count: 1 << 20)
            while sent.withLock({ $0 }) < size, connection.send(block) { sent.withLock { $0 += block.count } }
        } _: { server, client in
            let body = try await client.send(server.get()).body
            var last = -1
            let isSteady = await eventually {
                let now = sent.withLock { $0 }
                defer { last = now }
                return now > 0 && now == last
            }
            #expect(isSteady)
            #expect(sent.withLock { $0 } < 32 << 20)
            var count = 0
            while let piece = try await body.next() { count += piece.count }
            #expect(count == size)
        }
    }

    @Test("that are not read do not reach the idle time-out, and the rest of the client continues")
    func pausedIsNotIdle() async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.idleTimeout = .milliseconds(500)
        let size = 16 << 20
        try await withServer(configuration) { connection in
            guard let request = connection.request() else { return }
            if request.head.hasPrefix("GET /small") {
                connection.answer()
            } else {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
                connection.send([UInt8](repeating: 1, count: size))
            }
        } _: { server, client in
            let body = try await client.send(server.get("/large")).body
            try await Task.sleep(for: .milliseconds(1500))
            let small = try await client.text(server.get("/small"))
            #expect(small.body == "ok")
            var count = 0
            while let piece = try await body.next() { count += piece.count }
            #expect(count == size)
        }
    }

    @Test("that are dropped close the connection")
    func dropped() async throws {
        let isGone = Signal()
        try await withServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nbeginning")
            connection.waitForEnd()
            isGone.raise()
        } _: { server, client in
            var response: HTTPResponse? = try await client.send(server.get())
            #expect(response?.status == 200)
            response = nil
            await isGone.wait()
        }
    }

    @Test("wait for a free connection beyond the limit of one origin")
    func queue() async throws {
        let now = Mutex((current: 0, most: 0))
        var configuration = HTTPClientConfiguration.quick
        configuration.connectionsPerOrigin = 3
        try await withServer(configuration) { connection in
            while connection.request() != nil {
                now.withLock { now in
                    now.current += 1
                    now.most = max(now.most, now.current)
                }
                usleep(5000)
                now.withLock { $0.current -= 1 }
                connection.answer()
            }
        } _: { server, client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        let text = try await client.text(server.get())
                        #expect(text.body == "ok")
                    }
                }
                try await group.waitForAll()
            }
            #expect(server.connections <= 3)
        }
        #expect(now.withLock { $0.most } == 3)
    }
}
