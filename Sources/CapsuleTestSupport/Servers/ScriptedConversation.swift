internal import Dispatch
internal import Synchronization

/// Answers the requests of one connection to a scripted server, on the connection's thread.
struct ScriptedConversation {
    let connection: LoopbackConnection
    let number: Int
    let server: ScriptedServer
    let start: @Sendable (ReceivedRequest) -> ScriptedStart
    let handler: @Sendable (ReceivedRequest) async throws -> ScriptedResponse

    /// Answers until the client or the script ends it.
    func run() {
        while answerNext() {}
        connection.finish()
    }

    private func answerNext() -> Bool {
        guard let head = connection.head(), var request = ReceivedRequest(head: head) else { return false }
        request.connection = number
        let isHead = request.method == "HEAD"
        var limit = Int.max
        var afterwards: @Sendable (ReceivedRequest) -> Void = { _ in }
        switch start(request) {
        case .read: break
        case .cut(let count, let then):
            limit = count
            afterwards = then
        case .answer(let response):
            server.record(request)
            _ = write(response, isHead: isHead)
            return false
        }
        guard read(&request, limit: limit) else { return false }
        server.record(request)
        if limit != Int.max {
            afterwards(request)
            return false
        }
        guard let response = answer(request), write(response, isHead: isHead) else { return false }
        return request.header("Connection")?.lowercased() != "close"
    }

    /// Reads the body up to `limit`; false when it ends too early.
    private func read(_ request: inout ReceivedRequest, limit: Int) -> Bool {
        if request.header("Expect") != nil { _ = connection.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        guard request.header("Transfer-Encoding")?.lowercased() == "chunked" else {
            let length = min(request.header("Content-Length").flatMap { Int($0) } ?? 0, limit)
            return read(&request, count: length)
        }
        while let size = connection.line().flatMap({ Int($0.prefix { $0 != ";" }, radix: 16) }) {
            guard read(&request, count: min(size, limit - request.body.count)) else { return false }
            if request.body.count >= limit { return true }
            guard connection.line() == "" else { return false }
            if size == 0 { return true }
        }
        return false
    }

    private func read(_ request: inout ReceivedRequest, count: Int) -> Bool {
        let end = request.body.count + count
        while request.body.count < end {
            guard let bytes = connection.next(atMost: end - request.body.count) else { return false }
            request.body += bytes
        }
        return true
    }

    /// Calls the handler and waits on this thread for its answer; nil when it throws.
    private func answer(_ request: ReceivedRequest) -> ScriptedResponse? {
        let answer = Answer()
        let done = DispatchSemaphore(value: 0)
        let handler = handler
        let task = Task {
            let response = try? await handler(request)
            answer.response.withLock { $0 = response }
            done.signal()
        }
        // The handler is cancelled when the client goes away or the server is stopped.
        while done.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
            if connection.socket.isBroken { task.cancel() }
        }
        return answer.response.withLock { $0 }
    }

    private final class Answer: Sendable {
        let response = Mutex<ScriptedResponse?>(nil)
    }

    /// Sends an answer; false when the connection is to be closed.
    private func write(_ response: ScriptedResponse, isHead: Bool) -> Bool {
        if response.status == 0 { return false }
        var headers = response.headers
        func has(_ name: String) -> Bool { headers.contains { $0.name.lowercased() == name } }
        if response.isEndless {
            headers.removeAll { $0.name.lowercased() == "content-length" }
            if !has("transfer-encoding") { headers.append((name: "Transfer-Encoding", value: "chunked")) }
        } else if !has("content-length"), !has("transfer-encoding"), response.status != 204, response.status != 304 {
            headers.append((name: "Content-Length", value: "\(response.body.count)"))
        }
        let isChunked = has("transfer-encoding")
        var head = "HTTP/1.1 \(response.status) Scripted\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        guard connection.send(Array((head + "\r\n").utf8)) else { return false }
        if isHead { return true }
        var body = Array(response.body.prefix(response.cutAfter ?? response.body.count))
        while response.isEndless, !body.isEmpty, body.count < 64 << 10 { body += body }
        repeat {
            guard body.isEmpty || connection.send(isChunked ? chunk(body) : body) else { return false }
        } while response.isEndless
        // The client must receive what was sent before it sees the end: then it would drop what it has not read yet.
        if response.cutAfter != nil {
            _ = connection.socket.wait(for: .readable, milliseconds: 50)
            return false
        }
        if response.hangs { connection.waitForEnd() }
        return !isChunked || connection.send(Array("0\r\n\r\n".utf8))
    }

    private func chunk(_ bytes: [UInt8]) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [13, 10]
    }
}

extension ReceivedRequest {
    /// Reads the head of a request; nil when it is not one.
    fileprivate init?(head: [UInt8]) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let words = lines.first?.split(separator: " "), words.count == 3 else { return nil }
        method = String(words[0])
        target = String(words[1])
        headers = lines.dropFirst().map { line in
            let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count == 2 ? halves[1].drop { $0 == " " } : ""
            return (name: String(halves[0]), value: String(value))
        }
        body = []
    }
}
