import Foundation
import HTTPClient
import HTTPMessages
import Synchronization
import Testing

@Suite("Connections", .timeLimit(.minutes(3)))
struct ConnectionTests {
    @Test("are kept and used again")
    func kept() async throws {
        try await withServer { connection in
            while connection.request() != nil { connection.answer() }
        } _: { server, client in
            for index in 0..<20 {
                let body = HTTPRequest.Body.bytes([UInt8](repeating: 1, count: index))
                let text = try await client.text(
                    HTTPRequest(index % 2 == 0 ? .GET : .PUT, server.origin, "/", body: index % 2 == 0 ? .none : body))
                #expect(text.body == "ok")
            }
            #expect(server.connections == 1)
        }
    }

    /// Answers the first request of a connection and closes at the second.
    private static let dying: RawServer.Handler = { connection in
        _ = connection.request()
        connection.answer()
        if connection.number == 1 {
            _ = connection.request()
        } else {
            while connection.request() != nil { connection.answer() }
        }
    }

    @Test(
        "that close before the response fail the request, which is not sent twice",
        arguments: [
            (HTTPMethod.GET, HTTPRequest.Body.none), (.HEAD, .none),
            (.POST, .none), (.POST, .bytes([1])), (.PUT, .bytes([])), (.DELETE, .none),
            (.PATCH, .source(ListSource([[1], [2]]), length: 2)), (.GET, .bytes([1])),
        ])
    func dyingConnection(method: HTTPMethod, body: HTTPRequest.Body) async throws {
        try await withServer(.quick, Self.dying) { server, client in
            let first = try await client.text(server.get())
            #expect(first.body == "ok")
            let failure = try await client.failure(HTTPRequest(method, server.origin, "/", body: body))
            #expect(failure?.code == .closed, "\(String(describing: failure))")
            #expect(failure?.isTransient == true)
            // libcurl may have connected again before it was stopped, and sent nothing.
            let after = try await client.text(server.get())
            #expect(after.body == "ok")
        }
    }

    @Test("that were closed while idle are not used again")
    func closedWhileIdle() async throws {
        let closed = Signal()
        try await withServer { connection in
            _ = connection.request()
            connection.answer()
            connection.close()
            closed.raise()
        } _: { server, client in
            for _ in 0..<5 {
                // Version 8 does not look whether a connection that it has just used is still there.
                let failure = try await client.failure(HTTPRequest(.POST, server.origin, "/"))
                #expect(failure == nil || failure?.code == .closed && failure?.isTransient == true)
                if failure != nil {
                    let text = try await client.text(HTTPRequest(.POST, server.origin, "/"))
                    #expect(text.body == "ok")
                }
                await closed.wait()
            }
        }
    }

    @Test("that are refused, or to names that do not exist, are reported")
    func unreachable() async throws {
        try await withHTTPClient(.quick) { client in
            let refused = try await client.failure(
                HTTPRequest(.GET, HTTPOrigin(scheme: .http, host: "127.0.0.1", port: 1), "/"))
            #expect(refused?.code == .refused)
            #expect(refused?.reason == "the connection was refused")
            let unknown = try await client.failure(
                HTTPRequest(.GET, HTTPOrigin(scheme: .https, host: "no-such-name.invalid"), "/"))
            #expect(unknown?.code == .nameNotResolved)
            for failure in [refused, unknown] { #expect(failure?.party == .server) }
        }
    }

    @Test("that are reset are reported")
    func reset() async throws {
        try await withServer { connection in
            _ = connection.request()
            connection.reset()
        } _: { server, client in
            let failure = try await client.failure(server.get())
            #expect(failure?.code == .reset)
            #expect(failure?.isTransient == true)
        }
    }

    @Test("are not inherited by started programs")
    func closeOnExec() async throws {
        let reached = Signal()
        try await withServer { connection in
            _ = connection.request()
            connection.answer()
            reached.raise()
            connection.waitForEnd()
        } _: { server, client in
            _ = try await client.text(server.get())
            await reached.wait()
            var inherited: [Int32] = []
            for descriptor in Descriptors.sockets(to: server.port) {
                if fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0 { inherited.append(descriptor) }
            }
            #expect(!Descriptors.sockets(to: server.port).isEmpty)
            #expect(inherited.isEmpty)
        }
    }

    @Test("leave the thread's signals alone: a broken pipe is an error")
    func brokenPipe() async throws {
        try await withServer { connection in
            _ = connection.head()
            connection.reset()
        } _: { server, client in
            for _ in 0..<10 {
                let request = HTTPRequest(.PUT, server.origin, "/", body: .source(EndlessSource(), length: 1 << 30))
                let failure = try await client.failure(request)
                #expect([.reset, .closed].contains(failure?.code))
            }
        }
    }
}

enum Descriptors {
    /// The client's connections to this port.
    static func sockets(to port: Int) -> [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return all.compactMap(Int32.init).filter { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
            }
            return code == 0 && Int(UInt16(bigEndian: address.sin_port)) == port
        }
    }
}
