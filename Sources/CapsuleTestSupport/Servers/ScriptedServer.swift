internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A request as a scripted server received it.
public struct ReceivedRequest: Sendable {
    /// The method.
    public var method: String
    /// The path and the query.
    public var target: String
    /// The headers, in order.
    public var headers: [(name: String, value: String)]
    /// As much of the body as was read.
    public var body: [UInt8]

    /// The path without the query.
    public var path: String { String(target.prefix { $0 != "?" }) }
    /// The parameters of the query, as they stand there.
    public var query: [String: String] {
        guard let mark = target.firstIndex(of: "?") else { return [:] }
        let pairs = target[target.index(after: mark)...].split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(halves[0]), halves.count == 2 ? String(halves[1]) : "")
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The first value of a header; nil when it is not there.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// What a scripted server answers.
public struct ScriptedResponse: Sendable {
    /// The status.
    public var status: Int
    /// The headers. `Content-Length` is added where neither it nor `Transfer-Encoding` stands.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: [UInt8]
    /// After how many bytes of the body the connection is cut; nil to end well.
    public var cutAfter: Int?
    /// Whether the body is sent over and over, until the client goes away.
    public var isEndless = false
    /// Whether the answer never ends after its body.
    public var hangs = false

    /// An answer.
    public init(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = [], cutAfter: Int? = nil) {
        self.status = status
        self.headers = headers.map { (name: $0.0, value: $0.1) }
        self.body = body
        self.cutAfter = cutAfter
    }

    /// An answer in text.
    public init(_ status: Int, headers: [(String, String)] = [], text: String) {
        self.init(status, headers: headers, body: Array(text.utf8))
    }
}

/// What a scripted server does when it has seen the head of a request.
public enum ScriptedStart: Sendable {
    /// Reads the body, then asks the handler.
    case read
    /// Cuts the connection after so many bytes of the body, and passes on what came.
    case cut(after: Int, then: @Sendable (ReceivedRequest) -> Void = { _ in })
    /// Answers without reading the body.
    case answer(ScriptedResponse)
}

/// An HTTP server on loopback that does what a test tells it, wrong things included, and remembers what it received.
public final class ScriptedServer: Sendable {
    /// The port.
    public let port: Int
    /// Whether it speaks TLS.
    public let isTLS: Bool
    private let received = Mutex<[ReceivedRequest]>([])

    init(port: Int, isTLS: Bool) {
        self.port = port
        self.isTLS = isTLS
    }

    /// `127.0.0.1:PORT`
    public var authority: String { "127.0.0.1:\(port)" }
    /// `http://127.0.0.1:PORT`, or https.
    public var origin: String { "\(isTLS ? "https" : "http")://\(authority)" }
    /// Everything received so far.
    public var requests: [ReceivedRequest] { received.withLock { $0 } }

    func record(_ request: ReceivedRequest) { received.withLock { $0.append(request) } }
}

/// Runs `body` with a scripted server.
public func withScriptedServer<Result: Sendable>(
    tls: TLSIdentity? = nil,
    start: @escaping @Sendable (ReceivedRequest) -> ScriptedStart = { _ in .read },
    answer handler: @escaping @Sendable (ReceivedRequest) async throws -> ScriptedResponse,
    _ body: @Sendable (ScriptedServer) async throws -> Result
) async throws -> Result {
    let context = try tls.map { try $0.serverContext() }
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .bind(host: "127.0.0.1", port: 0) { channel in
            channel.eventLoop.makeCompletedFuture {
                if let context {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }
                try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
                return try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                    wrappingChannelSynchronously: channel)
            }
        }
    let server = ScriptedServer(port: listener.channel.localAddress?.port ?? 0, isTLS: tls != nil)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await listener.executeThenClose { connections in
                try await withThrowingDiscardingTaskGroup { group in
                    for try await connection in connections {
                        group.addTask {
                            // A client that goes away is no failure of the server.
                            try? await serve(connection, server, start, handler)
                        }
                    }
                }
            }
        }
        defer { group.cancelAll() }
        return try await body(server)
    }
}

private func serve(
    _ connection: NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, _ server: ScriptedServer,
    _ start: @Sendable (ReceivedRequest) -> ScriptedStart,
    _ handler: @Sendable (ReceivedRequest) async throws -> ScriptedResponse
) async throws {
    try await connection.executeThenClose { inbound, outbound in
        var parts = inbound.makeAsyncIterator()
        while let part = try await parts.next() {
            guard case .head(let head) = part else { continue }
            var request = ReceivedRequest(
                method: head.method.rawValue, target: head.uri,
                headers: head.headers.map { (name: $0.name, value: $0.value) }, body: [])
            var limit = Int.max
            var afterwards: @Sendable (ReceivedRequest) -> Void = { _ in }
            switch start(request) {
            case .read: break
            case .cut(let count, let then):
                limit = count
                afterwards = then
            case .answer(let response):
                server.record(request)
                _ = try await write(response, to: outbound, isHead: head.method == .HEAD)
                return
            }
            reading: while request.body.count < limit, let part = try await parts.next() {
                switch part {
                case .body(let buffer):
                    let count = min(buffer.readableBytes, limit - request.body.count)
                    buffer.withUnsafeReadableBytes { request.body.append(contentsOf: $0.prefix(count)) }
                case .end: break reading
                case .head: break
                }
            }
            server.record(request)
            if limit != Int.max {
                afterwards(request)
                return
            }
            let response = try await handler(request)
            guard try await write(response, to: outbound, isHead: head.method == .HEAD) else { return }
        }
    }
}

/// Sends an answer; false when the connection is to be closed.
private func write(
    _ response: ScriptedResponse, to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>, isHead: Bool
) async throws -> Bool {
    var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
    if response.isEndless {
        headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
    } else if !headers.contains(name: "Content-Length"), !headers.contains(name: "Transfer-Encoding") {
        headers.add(name: "Content-Length", value: "\(response.body.count)")
    }
    if response.status == 0 { return false }
    try await outbound.write(
        .head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: response.status), headers: headers)))
    if !isHead {
        var body = Array(response.body.prefix(response.cutAfter ?? response.body.count))
        // Many small pieces would keep the event loops of all tests busy.
        while response.isEndless, !body.isEmpty, body.count < 64 << 10 { body += body }
        repeat {
            if !body.isEmpty { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
        } while response.isEndless && !Task.isCancelled
        if response.cutAfter != nil {
            // What was sent is to arrive first: a client that sees the end drops what it has not handed on yet.
            try await Task.sleep(for: .milliseconds(50))
            return false
        }
        if response.hangs { try await Task.sleep(for: .seconds(60)) }
    }
    try await outbound.write(.end(nil))
    return true
}
