import Foundation
import Synchronization

/// One connection of a test server, used by blocking calls from one thread.
final class RawConnection: Sendable {
    let descriptor: Int32
    /// The number of the connection on its server, from 1.
    let number: Int
    private let unread = Mutex<[UInt8]>([])
    private let isClosed = Mutex(false)

    init(_ descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
        // Nothing in a test takes longer; a client that hangs must not keep the test's process.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The next bytes; empty at the end and after an error.
    func receive(atMost count: Int = 64 << 10) -> [UInt8] {
        let kept = unread.withLock { kept in
            let part = Array(kept.prefix(count))
            kept.removeFirst(part.count)
            return part
        }
        if !kept.isEmpty { return kept }
        var buffer = [UInt8](repeating: 0, count: count)
        let got = recv(descriptor, &buffer, count, 0)
        return got > 0 ? Array(buffer.prefix(got)) : []
    }

    /// The head of the next request, with its blank line; nil when the client has gone.
    func head() -> String? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        while true {
            let more = receive()
            if more.isEmpty { return nil }
            bytes += more
            if let range = bytes.firstRange(of: end) {
                unread.withLock { $0 = Array(bytes[range.upperBound...]) + $0 }
                return String(decoding: bytes[..<range.upperBound], as: UTF8.self)
            }
        }
    }

    /// This many bytes, or fewer when the client has gone.
    func body(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = receive(atMost: min(count - bytes.count, 1 << 20))
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    /// Reads a request with its body.
    func request() -> (head: String, body: [UInt8])? {
        guard let head = head() else { return nil }
        let length = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
        return (head, body(length ?? 0))
    }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let sent = bytes.withUnsafeBytes {
                Foundation.send(
                    descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            if sent <= 0 { return false }
            offset += sent
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// An answer with this body.
    @discardableResult
    func answer(_ status: String = "200 OK", _ body: String = "ok", headers: String = "") -> Bool {
        send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    /// Closes the sending side.
    func finish() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Waits until the client has gone.
    func waitForEnd() { while !receive().isEmpty {} }

    /// Closes with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Wakes blocked calls. The descriptor stays open.
    func cut() { isClosed.withLock { if !$0 { _ = shutdown(descriptor, Int32(SHUT_RDWR)) } } }

    func close() {
        isClosed.withLock { isClosed in
            if !isClosed { _ = Foundation.close(descriptor) }
            isClosed = true
        }
    }
}
