import Glibc
import Testing

@testable import HTTPServer

@Suite("Clients that leave", .timeLimit(.minutes(3)), .serialized) struct LeavingTests {
    // What counts the process's descriptors runs in a process of its own: others come and go here. The first sleep of a process
    // opens a timer, so there is one before counting.

    @Test("leave nothing behind, wherever they are and however they go")
    func everywhere() async throws {
        await #expect(processExitsWith: .success) {
            for encrypted in [false, true] {
                try await withServer(encrypted: encrypted) { server in
                    _ = try await server.replies(to: Array("GET / HTTP/1.0\r\n\r\n".utf8))
                    let descriptors = try await settledDescriptors()
                    let bytes = Array((request + "GET /large?200000 HTTP/1.1\r\nHost: x\r\n\r\n").utf8)
                    try await awaitBlocking {
                        for round in 0..<400 {
                            let client = try TestClient(port: server.port)
                            // With TLS this is not a handshake: garbage that ends anywhere.
                            client.send(Array(bytes.prefix(round % (bytes.count + 1))))
                            if round % 3 == 0 { pause(1) }
                            if round % 2 == 0 { client.resetOnClose() }
                        }
                    }
                    #expect(try await eventually { server.server.connections == 0 })
                    #expect(try await eventually { server.responder.tasks.begun == server.responder.tasks.ended })
                    #expect(
                        try await eventually { entries(of: "/proc/self/fd") <= descriptors + slack },
                        "\(entries(of: "/proc/self/fd")) descriptors, and \(descriptors) before")
                    #expect(try await server.replies(to: Array("GET / HTTP/1.0\r\n\r\n".utf8)).map(\.status) == [200])
                }
            }
        }
    }

    @Test("in the middle of a handshake leave nothing behind")
    func handshakes() async throws {
        await #expect(processExitsWith: .success) {
            try await withServer(encrypted: true, configure: { $0.limits.headerTime = .milliseconds(500) }) { server in
                let hello = try await ClientHello.bytes()
                let descriptors = try await settledDescriptors()
                let stuck = try await awaitBlocking {
                    for round in 0..<400 {
                        let client = try TestClient(port: server.port)
                        client.send(Array(hello.prefix(round % (hello.count + 1))))
                        if round % 3 == 0 { pause(1) }
                        if round % 2 == 0 { client.resetOnClose() }
                    }
                    // Who says half a hello and stays is left when its time is over.
                    let client = try TestClient(port: server.port)
                    client.send(Array(hello.prefix(hello.count / 2)))
                    return client.readToEnd()
                }
                #expect(stuck.isClosed && stuck.bytes.isEmpty)
                #expect(try await eventually { server.server.connections == 0 })
                #expect(
                    try await eventually { entries(of: "/proc/self/fd") <= descriptors + slack },
                    "\(entries(of: "/proc/self/fd")) descriptors, and \(descriptors) before")
                #expect(try await server.replies(to: Array("GET / HTTP/1.0\r\n\r\n".utf8)).map(\.status) == [200])
            }
        }
    }

    @Test("have their tasks cancelled")
    func cancelled() async throws {
        try await withServer { server in
            try await awaitBlocking {
                let client = try server.connect()
                client.send("GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n")
                while server.responder.tasks.begun == 0 { pause(5) }
                client.resetOnClose()
            }
            #expect(try await eventually { server.responder.tasks.cancelled == 1 })
            #expect(try await eventually { server.server.connections == 0 })
        }
    }

    @Test(
        "in the usual way have their tasks cancelled, and not those who only said everything",
        arguments: [(false, "1.1"), (false, "1.0"), (true, "1.1")])
    func closed(encrypted: Bool, version: String) async throws {
        try await withServer(encrypted: encrypted) { server in
            try await awaitBlocking {
                let client = try server.connect()
                client.send("GET /sleep HTTP/\(version)\r\nHost: x\r\n\r\n")
                while server.responder.tasks.begun == 0 { pause(5) }
            }
            #expect(try await eventually { server.responder.tasks.cancelled == 1 })
            #expect(try await eventually { server.server.connections == 0 })
            guard version == "1.1", !encrypted else { return }
            let replies = try await awaitBlocking {
                let client = try server.connect()
                client.send("GET /sleep?300 HTTP/\(version)\r\nHost: x\r\n\r\n")
                client.endOutput()
                return try client.replies()
            }
            #expect(replies.map(\.status) == [102, 200] && replies.last?.body == "slept", "\(replies)")
        }
    }

    @Test("right behind their requests have their tasks cancelled as well")
    func cancelledAtOnce() async throws {
        try await withServer { server in
            try await awaitBlocking {
                for _ in 0..<100 {
                    let client = try server.connect()
                    client.send("GET /sleep HTTP/1.1\r\nHost: x\r\n\r\n")
                    client.resetOnClose()
                }
            }
            #expect(try await eventually { server.server.connections == 0 })
            #expect(
                try await eventually {
                    let tasks = server.responder.tasks
                    return tasks.begun == tasks.cancelled
                })
        }
    }

    @Test("cost neither descriptors nor threads nor memory, a thousand times over")
    func rounds() async throws {
        await #expect(processExitsWith: .success) {
            for encrypted in [false, true] {
                try await withServer(encrypted: encrypted) { server in
                    func round() async throws {
                        guard !encrypted else {
                            let command =
                                "curl -sk -H 'Connection: close' 'https://127.0.0.1:\(server.port)/?[1-1000]' | grep -o GET | wc -l"
                            #expect(try await shell(command) == "1000\n")
                            return
                        }
                        try await awaitBlocking {
                            for _ in 0..<1_000 {
                                let client = try TestClient(port: server.port)
                                client.send("GET /memory HTTP/1.1\r\nHost: x\r\n\r\n")
                                _ = try client.reply()
                                client.send(
                                    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
                                guard try client.replies().count == 1 else {
                                    throw TestFailure(description: "no answer")
                                }
                            }
                        }
                        #expect(try await eventually { server.server.connections == 0 })
                    }
                    try await round()
                    let (descriptors, threads) = (try await settledDescriptors(), entries(of: "/proc/self/task"))
                    let memory = residentBytes()
                    try await round()
                    #expect(
                        try await eventually { entries(of: "/proc/self/fd") <= descriptors + slack },
                        "\(entries(of: "/proc/self/fd")) descriptors, and \(descriptors) before")
                    #expect(
                        try await eventually { entries(of: "/proc/self/task") <= threads + slack },
                        "\(entries(of: "/proc/self/task")) threads, and \(threads) before")
                    let grown = residentBytes() - memory
                    #expect(grown < 4 << 20, "\(grown) bytes")
                }
            }
        }
    }

    @Test("and servers that leave free everything")
    func servers() async throws {
        await #expect(processExitsWith: .success) {
            func round() async throws {
                try await withServer(configure: { $0.threads = 2 }) { server in
                    let replies = try await server.replies(to: Array("GET / HTTP/1.0\r\n\r\n".utf8))
                    #expect(replies.map(\.status) == [200])
                }
            }
            try await round()
            let (descriptors, threads) = (try await settledDescriptors(), entries(of: "/proc/self/task"))
            for _ in 0..<100 { try await round() }
            #expect(
                try await eventually { entries(of: "/proc/self/fd") <= descriptors + slack },
                "\(entries(of: "/proc/self/fd")) descriptors, and \(descriptors) before")
            #expect(
                try await eventually { entries(of: "/proc/self/task") <= threads + slack },
                "\(entries(of: "/proc/self/task")) threads, and \(threads) before")
        }
    }
}

/// The runtime opens a descriptor or begins a thread of its own when it first needs one; what is left behind each time is far
/// more.
private let slack = 8

/// How many descriptors this process has, with those that the clock of tasks has from when it is first waited for.
private func settledDescriptors() async throws -> Int {
    try await Task.sleep(for: .milliseconds(10))
    return entries(of: "/proc/self/fd")
}

private let request =
    "POST /sleep?30 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"

/// The first bytes of a handshake, as `openssl` sends them.
enum ClientHello {
    static func bytes() async throws -> [UInt8] {
        try await awaitBlocking {
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(listener) }
            guard listen(listener, 1) == 0 else { throw TestFailure(description: "cannot listen") }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) }
            }
            let client = try TestClient(tlsPort: Int(in_port_t(bigEndian: address.sin_port)))
            let connection = accept(listener, nil, nil)
            defer { close(connection) }
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = withExtendedLifetime(client) { recv(connection, &buffer, buffer.count, 0) }
            guard count > 100 else { throw TestFailure(description: "no hello") }
            return Array(buffer[..<count])
        }
    }
}
