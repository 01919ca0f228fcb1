package import HTTPMessages

/// A response: its head, and its body to be read.
package struct HTTPResponse: Sendable {
    /// From 200 to 999.
    package let status: Int
    /// The header fields. Those after the body are dropped.
    package let headers: HTTPHeaders
    /// The body, to be read once.
    package let body: HTTPResponseBody
}

/// The streamed body of a response. It can be read once, by one task at a time.
///
/// A response that has no length and is not chunked ends with its connection. libcurl does not distinguish a connection that
/// was cut from one that was closed, so such content needs a check of its own, such as a digest.
///
/// A slow reader slows the sender: at most `Exchange.highWater` bytes are buffered.
package final class HTTPResponseBody: Sendable {
    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    // The connection of a response that is not read would stay paused for good. Callers drop responses in many places, on
    // errors above all, so `close` must not depend on them.
    deinit { close() }

    /// Waits for bytes and returns those that have arrived, some 256 KiB at most; nil at the end.
    ///
    /// - Throws: `HTTPFailure`, `CancellationError`
    package func next() async throws -> [UInt8]? { try await exchange.next() }

    /// The rest of the body.
    ///
    /// - Throws: `HTTPFailure.Code.tooLarge` when it is more than `limit` bytes, other `HTTPFailure`s, `CancellationError`
    package func collect(upTo limit: Int) async throws -> [UInt8] {
        guard var bytes = try await next() else { return [] }
        while bytes.count <= limit {
            guard let more = try await next() else { return bytes }
            bytes += more
        }
        close()
        throw HTTPFailure(.tooLarge, "its response has more than \(limit) bytes", isTransient: false)
    }

    /// Ends the response. Before the end of the body, this closes the connection.
    package func close() { exchange.abandon(HTTPFailure(.cancelled, "its response was closed", isTransient: false)) }
}
