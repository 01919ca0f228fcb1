/// Asks work that ends by itself to do so.
final class GracefulStop: Sendable {
    private let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (requests, continuation) = AsyncStream.makeStream(of: Void.self) }

    /// Asks.
    func request() { continuation.finish() }

    /// Returns when somebody asked, or the task is cancelled.
    func wait() async { for await _ in requests {} }
}
