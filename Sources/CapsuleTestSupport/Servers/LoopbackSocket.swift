#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A connected TCP socket on loopback. It does not block; `wait` does.
struct LoopbackSocket: Sendable {
    let descriptor: Int32

    /// The events that a socket can be waited for.
    enum Event {
        case readable, writable
    }

    /// Waits until the socket is ready, or broken; false when neither happens in time.
    func wait(for event: Event, milliseconds: Int32) -> Bool {
        var entry = pollfd(
            fd: descriptor, events: Int16(event == .readable ? POLLIN : POLLOUT), revents: 0)
        while true {
            let count = poll(&entry, 1, milliseconds)
            if count < 0 && errno == EINTR { continue }
            return count > 0
        }
    }

    /// Waits for bytes and returns them: empty at the end, nil when none came in time or the connection broke.
    func read(atMost limit: Int, milliseconds: Int32) -> [UInt8]? {
        while wait(for: .readable, milliseconds: milliseconds) {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                let received = recv(descriptor, buffer.baseAddress, limit, 0)
                failure = received < 0 ? errno : 0
                count = max(0, received)
            }
            if failure == 0 { return bytes }
            guard failure == EAGAIN || failure == EINTR else { return nil }
        }
        return nil
    }

    /// Writes all bytes; false when the other side is gone or does not read in time.
    func write(_ bytes: ArraySlice<UInt8>, milliseconds: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Self.noSignal) }
            if count < 0 {
                if errno == EINTR { continue }
                guard errno == EAGAIN, wait(for: .writable, milliseconds: milliseconds) else { return false }
                continue
            }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// True when the other side is gone, or the connection was cut here.
    var isBroken: Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&entry, 1, 0) > 0 && Int32(entry.revents) & Int32(POLLHUP | POLLERR) != 0
    }

    /// Cuts the connection in both directions; the other side sees that immediately.
    func cut() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A socket that listens on a free port.
    static func listen() throws -> Int32 {
        let socket = try make()
        var reuse: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = loopback(port: 0)
        guard withAddress(&address, { bind(socket, $0, $1) }) == 0, systemListen(socket) == 0 else {
            let reason = String(cString: strerror(errno))
            close(socket)
            throw ToolFailure(description: "cannot listen on 127.0.0.1: \(reason)")
        }
        return socket
    }

    /// The port that a socket is bound to.
    static func port(of socket: Int32) -> Int {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &size) }
        }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    /// Returns the next connection to a socket that listens; nil when it no longer listens.
    static func accept(_ listener: Int32) -> Int32? {
        while true {
            let client = systemAccept(listener)
            if client < 0 {
                // The client is gone, or too many descriptors are open at the moment.
                if errno == EINTR || errno == ECONNABORTED { continue }
                if errno == EMFILE || errno == ENFILE {
                    usleep(1_000)
                    continue
                }
                return nil
            }
            prepare(client)
            return client
        }
    }

    /// Returns a connection to a port; nil when no socket listens there.
    static func connect(port: Int) -> LoopbackSocket? {
        guard let socket = try? make() else { return nil }
        var address = loopback(port: port)
        guard withAddress(&address, { systemConnect(socket, $0, $1) }) == 0 else {
            close(socket)
            return nil
        }
        prepare(socket)
        return LoopbackSocket(descriptor: socket)
    }

    /// Closes the descriptor.
    func release() { _ = close(descriptor) }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func withAddress(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func make() throws -> Int32 {
        #if canImport(Darwin)
            let socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
        #else
            let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        #endif
        guard socket >= 0 else {
            throw ToolFailure(description: "a socket cannot be made: \(String(cString: strerror(errno)))")
        }
        return socket
    }

    private static func prepare(_ socket: Int32) {
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var noDelay: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
    }

    #if canImport(Darwin)
        private static let noSignal: Int32 = 0
    #else
        private static let noSignal = Int32(MSG_NOSIGNAL)
    #endif
}

private func systemListen(_ socket: Int32) -> Int32 { listen(socket, 1_024) }
private func systemAccept(_ socket: Int32) -> Int32 { accept(socket, nil, nil) }
private func systemConnect(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Int32 {
    connect(socket, address, size)
}
