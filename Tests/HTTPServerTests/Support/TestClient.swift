import Dispatch
import Glibc

/// An answer as it came over the wire.
struct Reply: Equatable {
    let status: Int
    /// Names in lowercase.
    let headers: [String: String]
    let body: String
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
}

/// A connection that sends what a test likes, when it likes: to a port, or through `openssl s_client`.
final class TestClient: Sendable {
    let descriptor: Int32
    private let program: pid_t?

    /// Connects.
    ///
    /// - Parameter window: the most bytes that may wait to be read, where that matters.
    init(port: Int, host: String = "127.0.0.1", window: Int32? = nil) throws {
        program = nil
        let isSix = host.contains(":")
        descriptor = socket(isSix ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        // A server that does not read fails a test; it does not hang it.
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var window {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &window, socklen_t(MemoryLayout<Int32>.size))
        }
        let status: Int32
        if isSix {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = in_port_t(port).bigEndian
            inet_pton(AF_INET6, host, &address.sin6_addr)
            status = Self.connect(descriptor, &address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            inet_pton(AF_INET, host, &address.sin_addr)
            status = Self.connect(descriptor, &address)
        }
        // An object whose initializer throws is released, and closes its descriptor.
        guard status == 0 else {
            throw TestFailure(description: "cannot connect to \(host):\(port): \(String(cString: strerror(errno)))")
        }
    }

    /// The program that connects with TLS. It would read the authorities of the system, which takes longer than all the rest.
    static let command = ["openssl", "s_client", "-no-CAfile", "-no-CApath", "-no-CAstore"]

    /// Connects with TLS; another program does that.
    init(tlsPort port: Int, options: [String] = []) throws {
        var pair: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
            throw TestFailure(description: "no pair of sockets")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pair[1], 0)
        posix_spawn_file_actions_adddup2(&actions, pair[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        let words = Self.command + ["-quiet", "-connect", "127.0.0.1:\(port)"] + options
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let status = posix_spawnp(&child, "openssl", &actions, nil, &arguments, environ)
        close(pair[1])
        descriptor = pair[0]
        program = status == 0 ? child : nil
        guard status == 0 else { throw TestFailure(description: "openssl does not start") }
    }

    private static func connect<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    deinit {
        close(descriptor)
        if let program {
            kill(program, SIGKILL)
            waitpid(program, nil, 0)
        }
    }

    /// Sends bytes; false when the other side takes no more.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends each byte by itself.
    @discardableResult
    func drip(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { send([$0]) } }

    /// Whether the other side broke the connection instead of ending it.
    var isBroken: Bool {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
        return error != 0 || recv(descriptor, &error, 1, Int32(MSG_DONTWAIT)) < 0
    }

    /// Says that nothing more is sent.
    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Has closing break the connection rather than end it.
    func resetOnClose() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    /// The next bytes; empty at the end, nil when none came in time.
    func read(seconds: Double) -> [UInt8]? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, Int32(seconds * 1_000)) > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count <= 0 ? [] : Array(buffer[..<count])
    }

    /// Everything until the other side ends, or nothing came for so long.
    func readToEnd(seconds: Double = 20) -> (bytes: [UInt8], isClosed: Bool) {
        var all: [UInt8] = []
        while let bytes = read(seconds: seconds) {
            if bytes.isEmpty { return (all, true) }
            all += bytes
        }
        return (all, false)
    }

    /// Every answer until the other side ends.
    func replies(seconds: Double = 20) throws -> [Reply] {
        let (bytes, isClosed) = readToEnd(seconds: seconds)
        guard isClosed else {
            throw TestFailure(description: "not closed after \(String(decoding: bytes, as: UTF8.self))")
        }
        return try Self.parse(bytes)
    }

    /// One answer.
    func reply(seconds: Double = 20) throws -> Reply {
        var all: [UInt8] = []
        while true {
            var rest = all[...]
            if let reply = Self.next(&rest) { return reply }
            guard let bytes = read(seconds: seconds), !bytes.isEmpty else {
                throw TestFailure(description: "ended after \(String(decoding: all, as: UTF8.self))")
            }
            all += bytes
        }
    }

    static func parse(_ bytes: [UInt8]) throws -> [Reply] {
        var rest = bytes[...]
        var replies: [Reply] = []
        while let reply = next(&rest) { replies.append(reply) }
        guard rest.isEmpty else {
            throw TestFailure(description: "this is not an answer: \(String(decoding: rest, as: UTF8.self))")
        }
        return replies
    }

    private static func next(_ bytes: inout ArraySlice<UInt8>) -> Reply? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let fields = lines.dropFirst().map { line in
            let halves = line.split(separator: ":", maxSplits: 1).map(String.init)
            return (halves[0].lowercased(), halves.count == 2 ? String(halves[1].drop { $0 == " " }) : "")
        }
        let headers = Dictionary(fields) { first, _ in first }
        let isHead = headers["x-method"] == "HEAD"
        let count = isHead ? 0 : headers["content-length"].flatMap { Int($0) } ?? 0
        guard bytes[end.upperBound...].count >= count else { return nil }
        let body = bytes[end.upperBound...].prefix(count)
        bytes = bytes[end.upperBound...].dropFirst(count)
        return Reply(status: status, headers: headers, body: String(decoding: body, as: UTF8.self))
    }
}

/// Runs what waits on a thread that is there to wait.
func awaitBlocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test").async { continuation.resume(with: Swift.Result { try body() }) }
    }
}

/// Waits on a thread that is there to wait.
func pause(_ milliseconds: UInt32) { usleep(milliseconds * 1_000) }
