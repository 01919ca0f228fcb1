/// An HTTP/1.1 client on libcurl: connections that are kept and shared, bodies that flow both ways, nothing done behind the
/// caller's back.
///
/// One thread owns everything of libcurl; requests come to it through a queue and tasks wait without a thread.
public struct HTTPClient: Sendable {
    private let queue: LoopQueue

    init(queue: LoopQueue) { self.queue = queue }

    /// The version of the libcurl that is loaded, and what it stands on, as it says itself: `libcurl/7.88.1 OpenSSL/3.0.15 …`.
    public static var libraryVersion: String { CurlLibrary.version }

    /// Sends a request, its body with it, and waits for the head of the answer.
    ///
    /// An answer of 300 and more may come before the whole body was sent; then the rest is not.
    ///
    /// - Throws: `HTTPFailure`, `CancellationError`, and whatever the source of a body throws.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        try RequestCheck.check(request)
        let exchange = Exchange(request, queue: queue)
        queue.post(.start(exchange))
        let head: AnswerHead
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

/// Runs `body` with a client, then closes its connections and ends its thread. Requests that are still under way fail.
///
/// - Throws: `HTTPFailure.Code.io` when the library cannot be used or no thread can be started, and whatever `body` throws.
public func withHTTPClient<Result>(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (HTTPClient) async throws -> Result
) async throws -> Result {
    try CurlLibrary.open()
    let queue = LoopQueue()
    try LoopThread.start(queue, configuration)
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(HTTPClient(queue: queue))) } catch { result = .failure(error) }
    await withCheckedContinuation { queue.post(.stop($0)) }
    return try result.get()
}
