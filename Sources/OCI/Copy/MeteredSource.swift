internal import Synchronization

/// A source that counts the bytes that are read through it.
final class MeteredSource: ContentSource {
    private let source: any ContentSource
    private let progress: (@Sendable (CopyEvent) -> Void)?
    private let count = Mutex<Int64>(0)

    init(_ source: any ContentSource, progress: (@Sendable (CopyEvent) -> Void)?) {
        self.source = source
        self.progress = progress
    }

    /// The number of bytes that were read. Bytes that a sink reads again after a failure count again.
    var bytes: Int64 { count.withLock { $0 } }

    var reference: StoreReference { source.reference }

    func resolve(_ tag: Tag) async throws -> Descriptor? { try await source.resolve(tag) }

    func manifest(_ tag: Tag) async throws -> RawManifest? { try await source.manifest(tag) }

    func resolve(_ digest: Digest) async throws -> Descriptor? { try await source.resolve(digest) }

    func referrers(of digest: Digest) async throws -> [Descriptor] { try await source.referrers(of: digest) }

    func listReferrers(of digest: Digest) async throws -> [Referrer] { try await source.listReferrers(of: digest) }

    func tags() async throws -> [Tag] { try await source.tags() }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await source.withContent(of: descriptor, from: offset) { stream in
            let reader = MeteredReader(stream, from: offset)
            return try await body(
                ContentStream { [self] in
                    guard let (chunk, position) = try await reader.next() else { return nil }
                    count.withLock { $0 += Int64(chunk.count) }
                    progress?(.progressed(descriptor, bytes: position))
                    return chunk
                })
        }
    }
}

/// Reads the wrapped stream, and keeps the position in it.
private actor MeteredReader {
    private let stream: ContentStream
    private var position: Int64

    init(_ stream: ContentStream, from offset: Int64) {
        self.stream = stream
        position = offset
    }

    func next() async throws -> ([UInt8], Int64)? {
        var iterator = stream.makeAsyncIterator()
        guard let chunk = try await iterator.next() else { return nil }
        position += Int64(chunk.count)
        return (chunk, position)
    }
}
