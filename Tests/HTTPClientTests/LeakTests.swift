import Foundation
import HTTPClient
import HTTPMessages
import Testing

@Suite("What is left behind", .timeLimit(.minutes(3)))
struct LeakTests {
    /// Entries of a directory of `/proc/self`. Tests that run at the same time have some of their own.
    private static func count(_ directory: String) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(directory)").count) ?? 0
    }
    private static let noise = 200

    @Test("by 1,000 requests of every kind of end: no descriptors and no threads")
    func requests() async throws {
        let before = (Self.count("fd"), Self.count("task"))
        try await withServer { connection in
            while let request = connection.request() {
                switch request.head.split(separator: " ")[1] {
                case "/ok": connection.answer()
                case "/cut": return
                case "/reset": return connection.reset()
                case "/half": connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
                default: return connection.waitForEnd()
                }
            }
        } _: { server, client in
            for index in 0..<1000 {
                switch index % 5 {
                case 0: _ = try await client.text(server.get("/ok"))
                case 1: _ = try await client.failure(server.get("/cut"))
                case 2: _ = try await client.failure(server.get("/reset"))
                case 3:
                    let body = try await client.send(server.get("/half")).body
                    _ = try await body.next()
                default:
                    let task = Task { try await client.failure(server.get("/wait")) }
                    if index % 2 == 0 { await Task.yield() }
                    task.cancel()
                    _ = await task.result
                }
            }
        }
        let isSame = await eventually {
            Self.count("fd") < before.0 + Self.noise && Self.count("task") < before.1 + Self.noise
        }
        #expect(isSame, "\(before) \(Self.count("fd")) \(Self.count("task"))")
    }

    @Test("by 1,000 clients: no descriptors and no threads")
    func clients() async throws {
        let before = (Self.count("fd"), Self.count("task"))
        try await RawServer.run { connection in
            while connection.request() != nil { connection.answer() }
        } _: { server in
            for index in 0..<1000 {
                try await withHTTPClient(.quick) { client in
                    if index % 4 == 0 { _ = try await client.text(server.get()) }
                    if index % 4 == 1 { _ = Task { try await client.text(server.get()) } }
                }
            }
        }
        let isSame = await eventually {
            Self.count("fd") < before.0 + Self.noise && Self.count("task") < before.1 + Self.noise
        }
        #expect(isSame, "\(before) \(Self.count("fd")) \(Self.count("task"))")
    }
}
