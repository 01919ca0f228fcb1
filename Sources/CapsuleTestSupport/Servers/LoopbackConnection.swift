internal import HTTPServer
internal import Support

/// One connection as a server's thread reads and writes it, encrypted or not. No call waits longer than a minute.
final class LoopbackConnection {
    private static let patience: Int32 = 60_000

    let socket: LoopbackSocket
    private let session: TLSSession?
    /// The bytes that were read and not used yet.
    private var buffer: [UInt8] = []

    init(_ socket: LoopbackSocket, tls: ServerTLS?) {
        self.socket = socket
        session = tls?.session(descriptor: socket.descriptor)
    }

    /// The bytes up to and including the next empty line; nil at the end, or for more than `limit` bytes.
    func head(limit: Int = 256 << 10) -> [UInt8]? {
        let end: [UInt8] = [13, 10, 13, 10]
        while true {
            if let found = ByteSearch.first(end, in: buffer) {
                defer { buffer.removeFirst(found + end.count) }
                return Array(buffer[..<(found + end.count)])
            }
            guard buffer.count <= limit, let more = receive() else { return nil }
            buffer += more
            // Bytes that are not HTTP, such as TLS, have no empty line to wait for.
            guard (0x41...0x5A).contains(buffer[0]) else { return nil }
        }
    }

    /// A line without its end; nil at the end of the connection.
    func line() -> String? {
        while true {
            if let found = buffer.firstIndex(of: 10) {
                let line = buffer[..<found]
                defer { buffer.removeFirst(found + 1) }
                return String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
            }
            guard let more = receive() else { return nil }
            buffer += more
        }
    }

    /// The next bytes, at most `limit`; nil at the end.
    func next(atMost limit: Int) -> [UInt8]? {
        if buffer.isEmpty {
            guard let more = receive() else { return nil }
            buffer = more
        }
        if buffer.count <= limit {
            defer { buffer = [] }
            return buffer
        }
        defer { buffer.removeFirst(limit) }
        return Array(buffer[..<limit])
    }

    /// Sends all bytes; false when the client has closed the connection.
    func send(_ bytes: [UInt8]) -> Bool {
        guard let session else { return socket.write(bytes[...], milliseconds: Self.patience) }
        var start = 0
        while start < bytes.count {
            switch session.write(bytes.span.extracting(start..<min(bytes.count, start + (64 << 10)))) {
            case .done(let count): start += count
            case .again: continue
            case .wantsRead: guard socket.wait(for: .readable, milliseconds: Self.patience) else { return false }
            case .wantsWrite: guard socket.wait(for: .writable, milliseconds: Self.patience) else { return false }
            case .closed, .failed: return false
            }
        }
        return true
    }

    /// Waits until the client goes away, or the server is stopped.
    func waitForEnd() {
        while let bytes = receive(), !bytes.isEmpty {}
    }

    /// Ends the connection in an orderly way: TLS sends its closing message.
    func finish() {
        _ = session?.shutdown()
        socket.cut()
    }

    /// Returns the next bytes; nil at the end and after an error.
    private func receive() -> [UInt8]? {
        guard let session else {
            let bytes = socket.read(atMost: 256 << 10, milliseconds: Self.patience)
            return bytes?.isEmpty == false ? bytes : nil
        }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var span = bytes.mutableSpan
            switch session.read(into: &span) {
            case .done(let count):
                bytes.removeLast(bytes.count - count)
                return bytes
            case .again: continue
            case .wantsRead: guard socket.wait(for: .readable, milliseconds: Self.patience) else { return nil }
            case .wantsWrite: guard socket.wait(for: .writable, milliseconds: Self.patience) else { return nil }
            case .closed, .failed: return nil
            }
        }
    }
}
