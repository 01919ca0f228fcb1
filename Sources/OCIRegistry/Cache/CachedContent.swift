internal import OCI
internal import Synchronization

extension ContentCache {
    /// Streams content: from the cache, else from `origin`, whose verified content is then stored.
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from origin: ContentStream, _ body: (ContentStream) async throws -> Result
    ) async throws -> Result {
        guard descriptor.size <= Int64(Self.largest) else { return try await body(origin) }
        if let bytes = read(descriptor.digest, size: descriptor.size) {
            let rest = Mutex<[UInt8]?>(bytes.isEmpty ? nil : bytes)
            return try await body(ContentStream { rest.withLock { $0.take() } })
        }
        let collected = Mutex<[UInt8]>([])
        return try await body(
            ContentStream { [self] in
                var iterator = origin.makeAsyncIterator()
                guard let chunk = try await iterator.next() else {
                    write(collected.withLock { $0 }, descriptor.digest)
                    return nil
                }
                collected.withLock { $0 += chunk }
                return chunk
            })
    }
}
