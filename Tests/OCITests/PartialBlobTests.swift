import CapsuleTestSupport
import OCI
import Support
import Synchronization
import Testing

@Suite("A blob that was written in part")
struct PartialBlobTests {
    private static let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
    private static let descriptor = Descriptor(mediaType: MediaType.layerTarGzip, content: content)

    /// A store that fails after some bytes, and records where it is read from.
    private final class BreakingStore: ContentSource {
        let store = MemoryStore()
        let limit: Int
        let error: any Error
        let offsets = Mutex<[Int64]>([])
        var reference: StoreReference { store.reference }

        init(after limit: Int = .max, _ error: any Error = OCIError(.unavailable, "the network is gone")) {
            self.limit = limit
            self.error = error
            store.add(PartialBlobTests.content, mediaType: MediaType.layerTarGzip)
        }

        func resolve(_ tag: OCI.Tag) async throws -> Descriptor? { nil }
        func resolve(_ digest: Digest) async throws -> Descriptor? { nil }
        func referrers(of digest: Digest) async throws -> [Descriptor] { [] }
        func listReferrers(of digest: Digest) async throws -> [Referrer] { [] }
        func tags() async throws -> [OCI.Tag] { [] }

        func withContent<Result: Sendable>(
            of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
        ) async throws -> Result {
            offsets.withLock { $0.append(offset) }
            let left = Mutex(limit)
            return try await store.withContent(of: descriptor, from: offset) { stream in
                try await body(
                    ContentStream { [error] in
                        var iterator = stream.makeAsyncIterator()
                        guard let chunk = try await iterator.next() else { return nil }
                        let part = left.withLock { left in
                            defer { left -= min(left, chunk.count) }
                            return Array(chunk.prefix(left))
                        }
                        guard !part.isEmpty else { throw error }
                        return part
                    })
            }
        }
    }

    /// What is in a layout apart from blobs.
    private func left(_ layout: ImageLayout) -> [String] {
        listTree(layout.path).filter { $0.hasPrefix(".partial") }
    }

    @Test(
        "is completed by the next run, whatever ended the first",
        arguments: [OCIError(.unavailable, "the network is gone"), CancellationError()] as [any Error & Sendable])
    func resumes(error: any Error & Sendable) async throws {
        try await withTemporaryDirectory { directory in
            let layout = try ImageLayout(path: "\(directory)/layout", create: true)
            let first = BreakingStore(after: 1_500_000, error)
            await #expect(throws: (any Error).self) { try await layout.store(Self.descriptor, from: first) }
            #expect(left(layout) == [".partial-sha256-\(Self.descriptor.digest.hex)"])
            #expect(try await !layout.contains(Self.descriptor))
            let second = BreakingStore()
            // Another layout of the same place, as another process has.
            try await ImageLayout(path: layout.path).store(Self.descriptor, from: second)
            #expect(second.offsets.withLock { $0 } == [1_500_000])
            #expect(try await layout.bytes(of: Self.descriptor, limit: .max) == Self.content)
            #expect(left(layout).isEmpty)
        }
    }

    @Test(
        "is written anew when what was left is not its beginning",
        arguments: [
            [UInt8](repeating: 7, count: 1_500_000), content, content + [1], Array(content.prefix(1_200_000)) + [1],
        ])
    func damaged(bytes: [UInt8]) async throws {
        try await withTemporaryDirectory { directory in
            let layout = try ImageLayout(path: "\(directory)/layout", create: true)
            try writeFile("\(layout.path)/.partial-sha256-\(Self.descriptor.digest.hex)", bytes)
            let store = BreakingStore()
            try await layout.store(Self.descriptor, from: store)
            #expect(store.offsets.withLock(\.last) == 0)
            #expect(try await layout.bytes(of: Self.descriptor, limit: .max) == Self.content)
            #expect(left(layout).isEmpty)
        }
    }

    @Test("is not left when it is small, or is not what the source promised")
    func notLeft() async throws {
        try await withTemporaryDirectory { directory in
            let layout = try ImageLayout(path: "\(directory)/layout", create: true)
            let small = BreakingStore(after: 1_000_000)
            await #expect(throws: OCIError.self) { try await layout.store(Self.descriptor, from: small) }
            #expect(left(layout).isEmpty)
            let lying = BreakingStore()
            lying.store.damage(Self.descriptor.digest, Self.content.reversed())
            await #expect(throws: OCIError.self) { try await layout.store(Self.descriptor, from: lying) }
            #expect(left(layout).isEmpty)
            #expect(try await !layout.contains(Self.descriptor))
        }
    }

    @Test("is removed with the next update of the index, and written by one writer at a time")
    func writers() async throws {
        try await withTemporaryDirectory { directory in
            let layout = try ImageLayout(path: "\(directory)/layout", create: true)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { try? await layout.store(Self.descriptor, from: BreakingStore(after: 1_500_000)) }
                }
            }
            let store = BreakingStore()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await layout.store(Self.descriptor, from: store) } }
                try await group.waitForAll()
            }
            #expect(try await layout.bytes(of: Self.descriptor, limit: .max) == Self.content)
            let other = "\(layout.path)/.partial-sha256-\(String(repeating: "0", count: 64))"
            try writeFile(other, Self.content)
            let manifest = try RawManifest(
                encoding: ImageManifest(config: Self.descriptor, layers: [Self.descriptor]))
            try await layout.store(
                manifest.descriptor,
                from: {
                    store.store.add(manifest)
                    return store.store
                }())
            try await layout.tag(manifest.descriptor, as: Tag("v1"))
            #expect(left(layout).isEmpty)
        }
    }
}
