import Foundation
import HTTPClient
import HTTPMessages
import Synchronization
import Testing

@Suite("Uploads", .timeLimit(.minutes(2)))
struct UploadTests {
    private func put(_ server: RawServer, _ source: any UploadSource, _ length: Int64) -> HTTPRequest {
        HTTPRequest(.PUT, server.origin, "/blob", body: .source(source, length: length))
    }

    @Test("send every byte of a source once, in order")
    func whole() async throws {
        let pieces: [[UInt8]] = (0..<400).map { index in
            (0..<(index % 7 == 0 ? 0 : index * 37)).map { UInt8(truncatingIfNeeded: $0 &* index) }
        }
        let all = pieces.flatMap { $0 }
        try await withServer { connection in
            guard let request = connection.request() else { return }
            connection.answer(request.body == all ? "201 Created" : "400 Bad Request")
        } _: { server, client in
            let text = try await client.text(put(server, ListSource(pieces), Int64(all.count)))
            #expect(text.status == 201)
        }
    }

    @Test("throw the error of the source")
    func sourceFails() async throws {
        try await withServer { connection in
            _ = connection.request()
        } _: { server, client in
            await #expect(throws: SourceFailure.self) { try await client.send(put(server, FailingSource(), 10)) }
        }
    }

    @Test("fail when the source returns another number of bytes than declared", arguments: [9, 11])
    func otherLength(size: Int) async throws {
        try await withServer { connection in
            guard let request = connection.request() else { return }
            connection.answer("200 OK", "\(request.body.count)")
        } _: { server, client in
            let request = put(server, ListSource([[UInt8](repeating: 1, count: size)]), 10)
            if size < 10 {
                let failure = try await client.failure(request)
                #expect(failure?.code == .invalidRequest)
                #expect(failure?.party == .client)
            } else {
                // The client does not read beyond the length.
                let text = try await client.text(request)
                #expect(text.body == "10")
            }
        }
    }

    @Test("end at once when they are refused, also while the source has nothing to give", arguments: [0, 1, 100_000])
    func earlyRefusal(size: Int) async throws {
        let source = StuckSource(after: [UInt8](repeating: 1, count: size))
        try await withServer { connection in
            _ = connection.head()
            _ = connection.body(size)
            source.isStuck.waitBlocking()
            connection.answer("401 Unauthorized", "denied")
            connection.waitForEnd()
        } _: { server, client in
            let text = try await client.text(put(server, source, 1 << 30))
            #expect(text.status == 401)
            #expect(text.body == "denied")
        }
        #expect(source.wasCancelled)
    }

    @Test("end at once when they are refused while they flow")
    func refusalInTheMiddle() async throws {
        let source = EndlessSource()
        try await withServer { connection in
            _ = connection.head()
            _ = connection.body(1 << 20)
            connection.answer("413 Too Large", "too much")
            connection.finish()
            connection.waitForEnd()
        } _: { server, client in
            let text = try await client.text(put(server, source, 1 << 40))
            #expect(text.status == 413)
        }
        #expect(source.given < 256 << 20)
    }

    @Test("that are refused by a server that resets at once fail in a way that can be tried again, or get the answer")
    func refusalWithReset() async throws {
        try await withServer { connection in
            _ = connection.head()
            connection.answer("413 Too Large", "too much")
            connection.reset()
        } _: { server, client in
            for _ in 0..<20 {
                do {
                    let response = try await client.send(put(server, EndlessSource(), 1 << 40))
                    #expect(response.status == 413)
                } catch let failure as HTTPFailure {
                    #expect([.reset, .closed].contains(failure.code))
                    #expect(failure.isTransient)
                }
            }
        }
    }

    @Test("are completed when an early response is not an error")
    func earlyAcceptance() async throws {
        let size = 4 << 20
        let got = Mutex(0)
        try await withServer { connection in
            _ = connection.head()
            connection.send("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n")
            got.withLock { $0 = connection.body(size).count }
            connection.send("ok")
        } _: { server, client in
            let source = ListSource((0..<16).map { _ in [UInt8](repeating: 7, count: size / 16) })
            let text = try await client.text(put(server, source, Int64(size)))
            #expect(text.status == 202)
            #expect(source.given == size)
        }
        #expect(got.withLock { $0 } == size)
    }

    @Test("continue while an early response is not read and held back")
    func bothPaused() async throws {
        let size = 64 << 20
        let sent = Mutex(0)
        struct Slow: UploadSource {
            func next(atMost count: Int) async throws -> [UInt8]? {
                try await Task.sleep(for: .milliseconds(100))
                return [1]
            }
        }
        try await withServer { connection in
            _ = connection.head()
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let block = [UInt8](repeating: 2, count: 1 << 20)
            while sent.withLock({ $0 }) < size, connection.send(block) { sent.withLock { $0 += block.count } }
            _ = connection.body(20)
        } _: { server, client in
            let body = try await client.send(put(server, Slow(), 20)).body
            // The pause of one direction outlived twenty resumptions of the other.
            #expect(sent.withLock { $0 } < 32 << 20)
            var count = 0
            while let piece = try await body.next() { count += piece.count }
            #expect(count == size)
        }
    }

    @Test("hold the source back when the server does not read")
    func backPressure() async throws {
        let source = EndlessSource()
        let release = Signal()
        try await withServer { connection in
            _ = connection.head()
            release.waitBlocking()
        } _: { server, client in
            let request = put(server, source, 1 << 40)
            let task = Task { try await client.failure(request) }
            var last = -1
            // The buffers of two sockets, the client's, and one piece.
            let isSteady = await eventually {
                defer { last = source.given }
                return source.given > 0 && source.given == last
            }
            #expect(isSteady)
            #expect(source.given < 32 << 20)
            release.raise()
            let failure = try await task.value
            #expect([.reset, .closed].contains(failure?.code))
        }
    }

    @Test("do not time out for a slow source", .timeLimit(.minutes(1)))
    func slowSource() async throws {
        struct Slow: UploadSource {
            func next(atMost count: Int) async throws -> [UInt8]? {
                try await Task.sleep(for: .milliseconds(700))
                return [1]
            }
        }
        var configuration = HTTPClientConfiguration.quick
        configuration.idleTimeout = .milliseconds(400)
        try await withServer(configuration) { connection in
            guard let request = connection.request() else { return }
            connection.answer("200 OK", "\(request.body.count)")
        } _: { server, client in
            let text = try await client.text(put(server, Slow(), 3))
            #expect(text.body == "3")
        }
    }

    @Test("to a slow server make progress", .timeLimit(.minutes(1)))
    func slowServer() async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.idleTimeout = .seconds(2)
        let size = 12 << 20
        try await withServer(configuration) { connection in
            guard connection.head() != nil else { return }
            var left = size
            // Longer than the idle time in total, and far less between two pieces: the system may hold back several of them.
            while left > 0 {
                let got = connection.body(min(left, 1 << 20)).count
                if got == 0 { return }
                left -= got
                usleep(350_000)
            }
            connection.answer()
        } _: { server, client in
            let source = ListSource((0..<12).map { _ in [UInt8](repeating: 7, count: 1 << 20) })
            let text = try await client.text(put(server, source, Int64(size)))
            #expect(text.status == 200)
        }
    }

    @Test(
        "waits for the answer to a body beyond the idle time, until the deadline of the head", arguments: [true, false])
    func slowAnswer(isInTime: Bool) async throws {
        var configuration = HTTPClientConfiguration.quick
        configuration.idleTimeout = .milliseconds(100)
        try await withServer(configuration) { connection in
            _ = connection.request()
            usleep(600_000)
            connection.answer()
        } _: { server, client in
            var request = HTTPRequest(.PUT, server.origin, "/", body: .bytes([1, 2, 3]))
            request.headDeadline = isInTime ? .seconds(20) : .milliseconds(300)
            let failure = try await client.failure(request)
            #expect(failure?.code == (isInTime ? nil : .timeout))
        }
    }
}
