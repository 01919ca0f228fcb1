internal import Support

/// The bytes of one piece of content, in chunks, which one reader pulls once.
public struct ContentStream: AsyncSequence, Sendable {
    /// A run of bytes, never empty.
    public typealias Element = [UInt8]
    /// The errors of the store, and `OCIError.Code.contentMismatch` from a verifying stream.
    public typealias Failure = any Error

    /// The number of bytes per read of a file: enough to keep a disk busy, few enough not to hold a thread for long.
    package static let chunkSize = 256 << 10

    private let pull: @Sendable () async throws -> [UInt8]?

    /// Creates a stream that calls `next` for each chunk until it returns nil.
    public init(_ next: @escaping @Sendable () async throws -> [UInt8]?) {
        pull = next
    }

    /// Starts reading.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pull: pull) }

    /// Pulls chunk after chunk.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let pull: @Sendable () async throws -> [UInt8]?

        /// The next chunk; nil at the end.
        public mutating func next() async throws -> [UInt8]? { try await pull() }
    }
}
