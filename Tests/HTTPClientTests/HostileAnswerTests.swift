import Foundation
import HTTPClient
import HTTPMessages
import Synchronization
import Testing

@Suite("Answers that break the rules")
struct HostileAnswerTests {
    private func failure(of answer: String) async throws -> HTTPFailure? {
        try await withServer { connection in
            _ = connection.request()
            connection.send(answer)
            connection.finish()
            connection.waitForEnd()
        } _: { server, client in
            try await client.failure(server.get())
        }
    }

    @Test(
        "are refused",
        arguments: [
            "hello world\n", "HTTP/0.9 200 OK\r\n\r\n", "HTTP/1.10 200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 200OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\n folded: first\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nX-A: a\u{0}b\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nX-A: a\u{7}b\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nX-A: a\rX-B: b\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\n: b\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nokxxx",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokok\r\n0\r\n\r\n",
        ])
    func refused(answer: String) async throws {
        let failure = try await failure(of: answer)
        #expect(failure?.code == .notHTTP, "\(answer.debugDescription): \(String(describing: failure))")
        #expect(failure?.party == .server)
    }

    @Test(
        "are closed before their end",
        arguments: [
            "", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        ])
    func closed(answer: String) async throws {
        let failure = try await failure(of: answer)
        #expect(
            [.closed, .notHTTP].contains(failure?.code), "\(answer.debugDescription): \(String(describing: failure))")
        #expect(failure?.isTransient == true)
    }

    @Test("with folded lines are refused, or unfolded by the versions of libcurl that do that")
    func folded() async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.send("HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nContent-Length: 2\r\n\r\nok")
        } _: { server, client in
            do {
                let response = try await client.send(server.get())
                #expect(response.headers["X-A"] == ["one two"])
            } catch let failure as HTTPFailure {
                #expect(failure.code == .notHTTP)
            }
        }
    }

    @Test("with more bytes than their length lose only those")
    func longer() async throws {
        try await withServer { connection in
            while connection.request() != nil {
                connection.send(
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            }
        } _: { server, client in
            for _ in 0..<3 {
                let text = try await client.text(server.get())
                #expect(text.body == "ok")
            }
        }
    }

    /// Sends a beginning and then one piece repeatedly.
    private func flood(_ beginning: String, _ piece: String, limit: Int) async throws -> (HTTPFailure?, sent: Int) {
        let sent = Mutex(0)
        let failure = try await withServer { connection in
            _ = connection.request()
            connection.send(beginning)
            let block = Array(String(repeating: piece, count: max(1, 65_536 / piece.utf8.count)).utf8)
            while sent.withLock({ $0 }) < limit, connection.send(block) { sent.withLock { $0 += block.count } }
        } _: { server, client in
            try await client.failure(server.get())
        }
        return (failure, sent.withLock { $0 })
    }

    @Test(
        "with heads that never end are given up early",
        arguments: [
            ("HTTP/1.1 200 OK\r\n", "X-Some: \(String(repeating: "v", count: 50))\r\n"),
            ("HTTP/1.1 200 OK\r\n", "X: y\r\n"), ("HTTP/1.1 200 OK\r\nX: ", "v"), ("HTTP/1.1 200 ", "O"),
            ("", "HTTP/1.1 100 Continue\r\n\r\n"), ("", "HTTP/1.1 103 Hints\r\nLink: </a>\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n"),
        ])
    func endlessHead(beginning: String, piece: String) async throws {
        let (failure, sent) = try await flood(beginning, piece, limit: 200 << 20)
        #expect(failure?.code == .tooLargeHead, "\(String(describing: failure))")
        #expect(failure?.isTransient == false)
        // What fits into the buffers of two sockets and not much more.
        #expect(sent < 64 << 20)
    }

    @Test("that are endless text are given up early")
    func endlessNonsense() async throws {
        let (failure, sent) = try await flood("", "nonsense", limit: 200 << 20)
        #expect([.notHTTP, .tooLargeHead].contains(failure?.code))
        #expect(sent < 64 << 20)
    }

    /// A head of exactly this size.
    private static func head(of size: Int) -> String {
        let frame = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
        var text = frame
        while size - text.utf8.count - 2 > 2000 { text += "X: \(String(repeating: "v", count: 995))\r\n" }
        return text + "X: \(String(repeating: "v", count: size - text.utf8.count - 7))\r\n\r\n"
    }

    @Test("have a head of 64 KiB at most", arguments: [(64 << 10, true), (64 << 10 + 1, false)])
    func headLimit(size: Int, fits: Bool) async throws {
        let head = Self.head(of: size)
        #expect(head.utf8.count == (size))
        let failure = try await failure(of: head + "ok")
        #expect(failure?.code == (fits ? nil : .tooLargeHead))
    }

    @Test("that are cut at any byte are never accepted as complete", arguments: [false, true])
    func everyByte(resets: Bool) async throws {
        let answer = Array(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
                .utf8)
        let cuts = Mutex(0)
        try await withServer { connection in
            _ = connection.request()
            connection.send(Array(answer.prefix(cuts.withLock { $0 })))
            // So that what was sent is read before a reset throws it away, mostly: both must do.
            if resets {
                usleep(2000)
                connection.reset()
            }
        } _: { server, client in
            // Without its last line feed it is whole: libcurl looks for the return alone.
            for cut in 0..<answer.count - 1 {
                cuts.withLock { $0 = cut }
                let failure = try await client.failure(server.get("/\(cut)"))
                #expect(failure != nil, "after \(cut) bytes")
                #expect([.closed, .reset, .notHTTP].contains(failure?.code), "\(cut): \(String(describing: failure))")
                #expect(failure?.isTransient == true)
            }
            cuts.withLock { $0 = answer.count }
            if !resets { #expect(try await client.text(server.get()).body == "hello") }
        }
    }

    @Test("that come byte by byte are read")
    func dribble() async throws {
        try await withServer { connection in
            _ = connection.request()
            for byte in Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".utf8) {
                connection.send([byte])
            }
        } _: { server, client in
            let text = try await client.text(server.get())
            #expect(text.body == "hello")
        }
    }
}
