/// A request to stop, for work that first completes what it has begun.
final class GracefulStop: Sendable {
    private let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (requests, continuation) = AsyncStream.makeStream(of: Void.self) }

    /// Requests the stop.
    func request() { continuation.finish() }

    /// Returns when the stop is requested, or the task is cancelled.
    func wait() async { for await _ in requests {} }
}
