import Glibc
import HTTPMessages
import Synchronization

@testable import HTTPServer

/// Answers with what it was asked.
final class EchoResponder: Responder {
    private let counts = Mutex<(begun: Int, ended: Int, cancelled: Int)>((0, 0, 0))

    /// Tasks that began, ended and were cancelled before they had ended.
    var tasks: (begun: Int, ended: Int, cancelled: Int) { counts.withLock { $0 } }

    func response(toHead request: Request) -> Response? {
        switch request.path {
        case "/early": Self.response(401, "early", request)
        case "/probe": Self.response(200, "alive", request)
        default: nil
        }
    }

    func isProbe(_ request: Request) -> Bool { request.path == "/probe" }

    func immediateResponse(to request: Request) -> Response? {
        request.path == "/memory" ? Self.response(200, Self.text(request), request) : nil
    }

    func response(to refusal: Refusal) -> Response {
        Response(
            status: refusal.status, headers: ["X-Path": refusal.request?.path ?? "none"],
            body: Array(refusal.reason.utf8))
    }

    func response(to request: Request) async -> Response {
        counts.withLock { $0.begun += 1 }
        defer { counts.withLock { $0.ended += 1 } }
        switch request.path {
        case "/sleep":
            let time = request.target.split(separator: "?").last.flatMap { Int($0) } ?? 60_000
            do {
                try await Task.sleep(for: .milliseconds(time))
            } catch {
                counts.withLock { $0.cancelled += 1 }
            }
            return Self.response(200, "slept", request)
        case "/large":
            let size = request.target.split(separator: "?").last.flatMap { Int($0) } ?? 0
            return Response(status: 200, body: [UInt8](repeating: 0x78, count: size))
        case "/empty": return Response(status: 204)
        case "/client": return Self.response(200, request.client, request)
        case "/controls": return Response(status: 200, headers: ["X-Split": "a\r\nX-Evil: b\u{0}\u{7F}"])
        default: return Self.response(200, Self.text(request), request)
        }
    }

    private static func text(_ request: Request) -> String {
        "\(request.method) \(request.target) \(String(decoding: request.body, as: UTF8.self))"
    }

    private static func response(_ status: Int, _ text: String, _ request: Request) -> Response {
        Response(status: status, headers: ["X-Method": request.method.rawValue], body: Array(text.utf8))
    }
}

/// A server that runs in this process.
struct TestServer: Sendable {
    let server: Server
    let responder: EchoResponder
    let port: Int
    /// Whether it is spoken to with TLS.
    let isEncrypted: Bool

    func connect() throws -> TestClient {
        isEncrypted ? try TestClient(tlsPort: port) : try TestClient(port: port)
    }

    /// The answers to bytes, until the server ends the connection.
    func replies(to bytes: [UInt8], drips: Bool = false) async throws -> [Reply] {
        try await awaitBlocking {
            let client = try connect()
            if drips { client.drip(bytes) } else { client.send(bytes) }
            return try client.replies()
        }
    }
}

/// Runs `body` with a server, and stops it; it must have left within a while.
func withServer<Result: Sendable>(
    encrypted: Bool = false, configure: (inout ServerConfiguration) throws -> Void = { _ in },
    _ body: @escaping @Sendable (TestServer) async throws -> Result
) async throws -> Result {
    var configuration = ServerConfiguration()
    if encrypted {
        let tls = try TestIdentity.first.tls()
        configuration.certificate = { tls }
    }
    try configure(&configuration)
    let responder = EchoResponder()
    let server = Server(configuration, responder: responder)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    return try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask {
            defer { found.finish() }
            try await server.run { found.yield($0) }
            return nil
        }
        group.addTask {
            defer { server.stop(grace: .seconds(2)) }
            for await port in ports {
                return try await body(
                    TestServer(server: server, responder: responder, port: port, isEncrypted: encrypted))
            }
            throw TestFailure(description: "the server did not start")
        }
        var result: Result?
        while let next = try await group.next() { result = next ?? result }
        guard let result else { throw TestFailure(description: "there is no result") }
        return result
    }
}

/// Waits until something is so, for 20 seconds at most; whether it is.
func eventually(_ isSo: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < end {
        if try await isSo() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}

/// How many entries a directory has: descriptors in `/proc/self/fd`, threads in `/proc/self/task`.
func entries(of directory: String) -> Int {
    guard let open = opendir(directory) else { return -1 }
    defer { closedir(open) }
    var count = 0
    while readdir(open) != nil { count += 1 }
    return count
}

/// The bytes of memory of this process that are in use.
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 200)
    guard fgets(&buffer, 200, file) != nil else { return 0 }
    let words = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self).split(separator: " ")
    return (Int(words[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Runs a command of the shell, and returns what it prints.
func shell(_ command: String) async throws -> String {
    try await awaitBlocking {
        guard let pipe = popen("(\(command)) 2>&1", "r") else { throw TestFailure(description: "no shell") }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { all += buffer[..<count] }
        let status = pclose(pipe)
        let text = String(decoding: all, as: UTF8.self)
        guard status == 0 else { throw TestFailure(description: "\(command): status \(status): \(text)") }
        return text
    }
}
