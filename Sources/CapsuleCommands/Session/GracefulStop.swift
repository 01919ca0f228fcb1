/// A request to end, for work that completes what it has begun.
final class GracefulStop: Sendable {
    private let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (requests, continuation) = AsyncStream.makeStream(of: Void.self) }

    /// Requests the end.
    func request() { continuation.finish() }

    /// Returns when the end is requested, or the task is cancelled.
    func wait() async { for await _ in requests {} }
}
