import Foundation
import HTTPClient
import HTTPMessages
import Synchronization
import Testing

@Suite("Messages")
struct MessageTests {
    /// The bytes that a server receives.
    private func sent(_ make: (HTTPOrigin) -> HTTPRequest) async throws -> (head: String, body: [UInt8]) {
        let seen = Mutex<(head: String, body: [UInt8])>(("", []))
        try await withServer { connection in
            guard let request = connection.request() else { return }
            seen.withLock { $0 = request }
            connection.answer()
        } _: { server, client in
            _ = try await client.text(make(server.origin))
        }
        return seen.withLock { $0 }
    }

    private func lines(_ head: String) -> [String] {
        head.split(separator: "\r\n").map(String.init).filter { !$0.hasPrefix("Host: 127.0.0.1:") }
    }

    @Test("sends only the requested fields")
    func bare() async throws {
        let head = try await sent { HTTPRequest(.GET, $0, "/a/../b//c?d=%2F&e") }.head
        #expect(lines(head) == ["GET /a/../b//c?d=%2F&e HTTP/1.1"])
    }

    @Test("sends header fields as they are, empty ones too")
    func fields() async throws {
        let head = try await sent {
            HTTPRequest(.GET, $0, "/", headers: ["Accept": "a/b, c/d", "X-Empty": "", "Authorization": "Bearer x=="])
        }.head
        #expect(
            lines(head) == ["GET / HTTP/1.1", "Accept: a/b, c/d", "X-Empty:", "Authorization: Bearer x=="])
    }

    @Test(
        "sends the length of a body, also of an empty one",
        arguments: [
            (HTTPMethod.POST, HTTPRequest.Body.none, "POST", "0", ""), (.PUT, .none, "PUT", "0", ""),
            (.PATCH, .none, "PATCH", "0", ""), (.PUT, .bytes([]), "PUT", "0", ""),
            (.POST, .bytes(Array("hello".utf8)), "POST", "5", "hello"),
            (.PATCH, .bytes(Array("hello".utf8)), "PATCH", "5", "hello"),
            (.DELETE, .bytes(Array("x".utf8)), "DELETE", "1", "x"),
            (.PUT, .source(ListSource([Array("he".utf8), Array("llo".utf8)]), length: 5), "PUT", "5", "hello"),
            (.PUT, .source(ListSource([]), length: 0), "PUT", "0", ""),
        ])
    func bodies(
        method: HTTPMethod, body: HTTPRequest.Body, line: String, length: String, content: String
    ) async throws {
        let request = try await sent { HTTPRequest(method, $0, "/x", body: body) }
        #expect(lines(request.head) == ["\(line) /x HTTP/1.1", "Content-Length: \(length)"])
        #expect(request.body == Array(content.utf8))
    }

    @Test("sends no length where there is no body", arguments: [HTTPMethod.GET, .DELETE, .HEAD])
    func noBody(method: HTTPMethod) async throws {
        let head = try await sent { HTTPRequest(method, $0, "/x") }.head
        #expect(lines(head) == ["\(method) /x HTTP/1.1"])
    }

    @Test(
        "reads bodies of every framing",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
            ("HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello", "hello"),
            ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ""),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", "hello"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: t\r\n\r\n", "hello"),
            ("HTTP/1.1 200 OK\r\n\r\nhello", "hello"), ("HTTP/1.0 200 OK\r\n\r\nhello", "hello"),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello",
                "hello"
            ),
            ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\u{1F}\u{0}abc", "\u{1F}\u{0}abc"),
        ])
    func framings(answer: String, body: String) async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.send(answer)
        } _: { server, client in
            let text = try await client.text(server.get())
            #expect(text.body == body)
        }
    }

    @Test("returns the head of the final response, repeated fields in order")
    func head() async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.send(
                "HTTP/1.1 103 Hints\r\nX-A: no\r\n\r\n"
                    + "HTTP/1.1 401 Unauthorized\r\nX-A: 1 \r\nx-a:\t2\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n")
        } _: { server, client in
            let response = try await client.send(server.get())
            #expect(response.status == 401)
            #expect(response.headers["X-A"] == ["1", "2"])
            #expect(response.headers.first(name: "X-Empty") == "")
        }
    }

    @Test("follows no redirect and keeps no cookie")
    func nothingOfItsOwn() async throws {
        let heads = Mutex<[String]>([])
        try await withServer { connection in
            while let request = connection.request() {
                heads.withLock { $0.append(request.head) }
                connection.answer("302 Found", "", headers: "Location: /elsewhere\r\nSet-Cookie: a=b\r\n")
            }
        } _: { server, client in
            for _ in 0..<2 {
                let text = try await client.text(server.get())
                #expect(text.status == 302)
            }
        }
        #expect(heads.withLock { $0.map { lines($0) } } == [["GET / HTTP/1.1"], ["GET / HTTP/1.1"]])
    }

    @Test("answers a HEAD request without waiting for a body")
    func headRequest() async throws {
        try await withServer { connection in
            while connection.request() != nil { connection.send("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n") }
        } _: { server, client in
            for _ in 0..<2 {
                let response = try await client.send(HTTPRequest(.HEAD, server.origin, "/"))
                #expect(response.headers.first(name: "Content-Length") == "12345")
                #expect(try await response.body.next() == nil)
            }
            #expect(server.connections == 1)
        }
    }

    @Test("returns nil repeatedly after the end, and no bytes twice")
    func end() async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.answer()
        } _: { server, client in
            let body = try await client.send(server.get()).body
            #expect(try await body.collect(upTo: 2) == Array("ok".utf8))
            #expect(try await body.next() == nil)
            #expect(try await body.collect(upTo: 2) == [])
        }
    }

    @Test("reads up to the limit and not a byte more", arguments: [(1000, true), (1001, false)])
    func collectLimit(size: Int, fits: Bool) async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.answer("200 OK", String(repeating: "x", count: size))
        } _: { server, client in
            let response = try await client.send(server.get())
            if fits {
                #expect(try await response.body.collect(upTo: 1000).count == size)
            } else {
                let failure = await #expect(throws: HTTPFailure.self) { try await response.body.collect(upTo: 1000) }
                #expect(failure?.code == .tooLarge)
            }
        }
    }

    @Test("speaks to IPv6 addresses")
    func six() async throws {
        try await RawServer.run(
            { connection in
                guard let request = connection.request() else { return }
                connection.answer("200 OK", request.head.contains("Host: [::1]:") ? "six" : request.head)
            }, family: AF_INET6
        ) { server in
            try await withHTTPClient(.quick) { client in
                let origin = HTTPOrigin(scheme: .http, host: "::1", port: server.port)
                let text = try await client.text(HTTPRequest(.GET, origin, "/"))
                #expect(text.body == "six")
            }
        }
    }

    @Test("reports the version of the library")
    func version() { #expect(HTTPClient.libraryVersion.hasPrefix("libcurl/")) }
}
