internal import HTTPServer
internal import Synchronization

/// A request as a scripted server received it.
package struct ReceivedRequest: Sendable {
    /// The method.
    package var method: String
    /// The path and the query.
    package var target: String
    /// The headers, in order.
    package var headers: [(name: String, value: String)]
    /// The part of the body that was read.
    package var body: [UInt8]
    /// The number of the connection, from 1.
    package var connection = 0

    /// The path without the query.
    package var path: String { String(target.prefix { $0 != "?" }) }
    /// The parameters of the query, without any decoding.
    package var query: [String: String] {
        guard let mark = target.firstIndex(of: "?") else { return [:] }
        let pairs = target[target.index(after: mark)...].split(separator: "&").map { pair in
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(halves[0]), halves.count == 2 ? String(halves[1]) : "")
        }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The first value of a header; nil when it is not there.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// What a scripted server answers.
package struct ScriptedResponse: Sendable {
    /// The status.
    package var status: Int
    /// The headers. `Content-Length` is added when they contain neither it nor `Transfer-Encoding`.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: [UInt8]
    /// The number of bytes of the body after which the connection is cut; nil sends all of it.
    package var cutAfter: Int?
    /// True when the body is repeated until the client goes away.
    package var isEndless = false
    /// True when the answer never ends after its body.
    package var hangs = false

    /// An answer.
    package init(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = [], cutAfter: Int? = nil) {
        self.status = status
        self.headers = headers.map { (name: $0.0, value: $0.1) }
        self.body = body
        self.cutAfter = cutAfter
    }

    /// An answer in text.
    package init(_ status: Int, headers: [(String, String)] = [], text: String) {
        self.init(status, headers: headers, body: Array(text.utf8))
    }
}

/// The reaction of a scripted server to the head of a request.
package enum ScriptedStart: Sendable {
    /// Reads the body, then calls the handler.
    case read
    /// Cuts the connection after so many bytes of the body, and calls the handler with these.
    case cut(after: Int, then: @Sendable (ReceivedRequest) -> Void = { _ in })
    /// Answers without reading the body.
    case answer(ScriptedResponse)
}

/// An HTTP server on loopback that answers as a test says, wrong answers included, and records what it received.
package final class ScriptedServer: Sendable {
    /// The port.
    package let port: Int
    /// True when it speaks TLS.
    package let isTLS: Bool
    private let received = Mutex<[ReceivedRequest]>([])
    private let connections = Mutex(0)

    init(port: Int, isTLS: Bool) {
        self.port = port
        self.isTLS = isTLS
    }

    /// `127.0.0.1:PORT`
    package var authority: String { "127.0.0.1:\(port)" }
    /// `http://127.0.0.1:PORT`, or https.
    package var origin: String { "\(isTLS ? "https" : "http")://\(authority)" }
    /// Everything received so far.
    package var requests: [ReceivedRequest] { received.withLock { $0 } }

    func nextConnection() -> Int {
        connections.withLock { count in
            count += 1
            return count
        }
    }

    func record(_ request: ReceivedRequest) { received.withLock { $0.append(request) } }
}

/// Runs `body` with a scripted server.
package func withScriptedServer<Result: Sendable>(
    tls: TLSIdentity? = nil,
    start: @escaping @Sendable (ReceivedRequest) -> ScriptedStart = { _ in .read },
    answer handler: @escaping @Sendable (ReceivedRequest) async throws -> ScriptedResponse,
    _ body: @Sendable (ScriptedServer) async throws -> Result
) async throws -> Result {
    let context = try tls.map { try $0.serverContext() }
    let listener = try LoopbackListener()
    let server = ScriptedServer(port: listener.port, isTLS: tls != nil)
    return try await listener.serve { socket in
        let conversation = ScriptedConversation(
            connection: LoopbackConnection(socket, tls: context), number: server.nextConnection(), server: server,
            start: start, handler: handler)
        conversation.run()
    } while: {
        try await body(server)
    }
}
