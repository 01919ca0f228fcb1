internal import Support

/// An HTTP/1.1 client on libcurl that reuses connections and streams bodies both ways. It follows no redirects and reads no
/// environment.
///
/// One thread owns all handles of libcurl. Requests reach it through a queue, and tasks wait without blocking a thread.
package struct HTTPClient: Sendable {
    private let queue: LoopQueue

    init(queue: LoopQueue) { self.queue = queue }

    /// The version of the loaded libcurl and its libraries, as libcurl reports it: `libcurl/7.88.1 OpenSSL/3.0.15 …`.
    package static var libraryVersion: String { CurlLibrary.version ?? "libcurl" }

    /// Begins to load libcurl, which takes as long as the rest of the start of a program. The first request reports why it cannot
    /// be loaded.
    package static func preload() { CurlLibrary.preload() }

    /// Sends a request with its body and waits for the head of the response.
    ///
    /// When a response of 300 or more arrives before the whole body was sent, the rest is not sent.
    ///
    /// - Throws: `HTTPFailure`, `CancellationError`, and the error of the source of a body.
    package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        try RequestCheck.check(request)
        let exchange = Exchange(request, queue: queue)
        queue.post(.start(exchange))
        let head: ResponseHead
        if case .source(let source, let length) = request.body {
            head = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await exchange.upload(source, length: length) }
                defer { group.cancelAll() }
                return try await exchange.head()
            }
        } else {
            head = try await exchange.head()
        }
        return HTTPResponse(status: head.status, headers: head.headers, body: HTTPResponseBody(exchange))
    }
}

/// Runs `body` with a client, then closes its connections and ends its thread. Requests that have not ended fail.
///
/// The thread starts, and loads libcurl, with the first request: many commands that could make one make none. When one of
/// the two fails, each request fails.
///
/// - Throws: the error of `body`.
package func withHTTPClient<Result>(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (HTTPClient) async throws -> Result
) async throws -> Result {
    let queue = LoopQueue { (queue) throws(SystemError) in
        try DedicatedThread.start("http-client") { Loop.run(queue, configuration) }
    }
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(HTTPClient(queue: queue))) } catch { result = .failure(error) }
    await withCheckedContinuation { queue.post(.stop($0)) }
    return try result.get()
}
