/// The body of an answer, as it comes. It can be read once, by one task at a time.
///
/// An answer that says neither its length nor comes in chunks ends when the connection does. libcurl does not tell a
/// connection that was cut from one that was closed, so what matters needs a check of its own, such as a digest.
///
/// Whoever reads slowly holds the sender back: at most `Exchange.highWater` bytes wait here.
public final class HTTPResponseBody: Sendable {
    private let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    // A connection whose answer nobody reads would stay paused for good. Callers drop answers in many places, on errors
    // above all, so that what `close` does must not be left to them.
    deinit { close() }

    /// Waits for bytes and gives those that have come, some 256 KiB at most; nil at the end.
    ///
    /// - Throws: `HTTPFailure`, `CancellationError`
    public func next() async throws -> [UInt8]? { try await exchange.next() }

    /// All that is left.
    ///
    /// - Throws: `HTTPFailure.Code.tooLarge` when it is more than `limit` bytes, other `HTTPFailure`s, `CancellationError`
    public func collect(upTo limit: Int) async throws -> [UInt8] {
        guard var bytes = try await next() else { return [] }
        while bytes.count <= limit {
            guard let more = try await next() else { return bytes }
            bytes += more
        }
        close()
        throw HTTPFailure(.tooLarge, "its answer has more than \(limit) bytes", isTransient: false)
    }

    /// Lets go of the answer. Before its end that closes the connection.
    public func close() { exchange.abandon(HTTPFailure(.cancelled, "its answer was closed", isTransient: false)) }
}
