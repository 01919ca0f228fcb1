package import Documents
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An HTTP answer as it came over the wire.
package struct HTTPReply: Sendable {
    /// The status.
    package let status: Int
    /// The headers, names in lowercase.
    package let headers: [String: String]
    /// The body.
    package let body: [UInt8]

    /// Creates an answer.
    package init(status: Int, headers: [String: String], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
    /// The body as JSON; null when it is not JSON.
    package var json: JSONValue { (try? JSONParser.parse(body, file: "the answer")) ?? .null }
}

/// A connection to a server on loopback. The test decides which bytes it sends, and when.
package final class RawConnection: Sendable {
    private let socket: Int32

    /// Connects.
    package init(port: Int) throws {
        socket = Self.make()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // An object whose initializer throws is released, and closes its socket.
        guard status == 0 else {
            throw ToolFailure(description: "cannot connect to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
    }

    private static func make() -> Int32 {
        #if canImport(Glibc)
            Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #else
            Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    deinit { close(socket) }

    /// Sends bytes; false when the other side has closed the connection.
    @discardableResult
    package func send(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { systemSend(socket, $0) }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    /// Returns everything until the other side closes, or nothing has come for `seconds`; the flag is true when it closed.
    package func readToEnd(seconds: Int = 10) -> (bytes: [UInt8], closed: Bool) {
        var all: [UInt8] = []
        while let bytes = read(seconds: seconds) {
            if bytes.isEmpty { return (all, true) }
            all += bytes
        }
        return (all, false)
    }

    /// Reads one answer to the end of its body.
    package func reply(seconds: Int = 30) throws -> HTTPReply {
        var all: [UInt8] = []
        var head: (end: Int, status: Int, headers: [String: String])?
        while true {
            if head == nil { head = Self.head(all) }
            if let head, all.count >= head.end + (head.headers["content-length"].flatMap { Int($0) } ?? 0) {
                return HTTPReply(status: head.status, headers: head.headers, body: Array(all[head.end...]))
            }
            guard let bytes = read(seconds: seconds), !bytes.isEmpty else {
                throw ToolFailure(description: "the answer ended after \(String(decoding: all, as: UTF8.self))")
            }
            all += bytes
        }
    }

    private static func head(_ bytes: [UInt8]) -> (end: Int, status: Int, headers: [String: String])? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let fields = lines.dropFirst().map { line in
            let halves = line.split(separator: ":", maxSplits: 1).map(String.init)
            return (halves[0].lowercased(), halves.count == 2 ? String(halves[1].drop { $0 == " " }) : "")
        }
        return (end.upperBound, status, Dictionary(fields) { first, _ in first })
    }

    /// Returns the next bytes; empty at the end, nil when none came in time.
    private func read(seconds: Int) -> [UInt8]? {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &buffer, buffer.count, 0)
        if count < 0 { return errno == EAGAIN ? nil : [] }
        return Array(buffer[..<count])
    }
}

/// A client of one HTTP server on loopback.
package struct HTTPTester: Sendable {
    /// Its port.
    package let port: Int
    /// The token to send; nil for none.
    package var token: String?

    /// Creates a client of a port.
    package init(port: Int, token: String? = nil) {
        self.port = port
        self.token = token
    }

    /// Sends one request on a connection of its own, off the threads that tasks run on.
    package func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: String? = nil
    ) async throws -> HTTPReply {
        let port = port
        let token = token
        return try await awaitBlocking {
            let connection = try RawConnection(port: port)
            var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            if let token { head += "Authorization: Bearer \(token)\r\n" }
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
            connection.send(head + "\r\n" + (body ?? ""))
            return try connection.reply()
        }
    }

    /// Gets a path.
    package func get(_ path: String) async throws -> HTTPReply { try await send("GET", path) }

    /// Posts a document.
    package func post(_ path: String, _ body: JSONValue) async throws -> HTTPReply {
        try await send("POST", path, body: body.text)
    }
}

private func systemSend(_ socket: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Darwin)
        send(socket, bytes.baseAddress, bytes.count, 0)
    #else
        send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    #endif
}
