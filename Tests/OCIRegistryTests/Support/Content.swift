import Logging
import OCI
import OCIRegistry
import Synchronization

/// A small artifact: a config, two layers and their manifest.
struct SampleArtifact {
    let store: MemoryStore
    let manifest: RawManifest
    let blobs: [Descriptor]

    init(_ seed: String = "sample", layerSize: Int = 3_000, subject: Descriptor? = nil, type: String? = nil)
        async throws
    {
        var contents = [
            Array("{\"seed\":\"\(seed)\"}".utf8), noise(layerSize, seed: seed), noise(17, seed: seed + "2"),
        ]
        contents[2] += [0]
        let types = ["application/vnd.oci.image.config.v1+json", MediaType.layerTarGzip, MediaType.layerTarGzip]
        store = MemoryStore()
        blobs = zip(types, contents).map { Descriptor(mediaType: $0, content: $1) }
        manifest = try RawManifest(
            encoding: ImageManifest(
                artifactType: type, config: blobs[0], layers: Array(blobs.dropFirst()), subject: subject))
        for (descriptor, content) in zip(blobs, contents) {
            try await store.store(descriptor, from: BytesSource(content))
        }
        try await store.store(manifest.descriptor, from: BytesSource(manifest.bytes))
    }
}

/// Bytes that are the same for the same seed and that do not compress.
func noise(_ count: Int, seed: String) -> [UInt8] {
    var state: UInt64 = seed.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 } | 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        withUnsafeBytes(of: state) { bytes += $0 }
    }
    return Array(bytes.prefix(count))
}

/// A source of blobs, without tags and manifests.
protocol BlobSource: ContentSource {}

extension BlobSource {
    func resolve(_ tag: Tag) async throws -> Descriptor? { nil }
    func resolve(_ digest: Digest) async throws -> Descriptor? { nil }
    func referrers(of digest: Digest) async throws -> [Descriptor] { [] }
    func tags() async throws -> [Tag] { [] }
}

/// A source of one piece of content that checks nothing.
struct BytesSource: BlobSource {
    let bytes: [UInt8]
    var reference: StoreReference { .layout(path: "memory") }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        let chunks = Chunks(bytes[Int(offset)...])
        return try await body(ContentStream { await chunks.next() })
    }

    private actor Chunks {
        var rest: ArraySlice<UInt8>
        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
        func next() -> [UInt8]? {
            guard !rest.isEmpty else { return nil }
            defer { rest = rest.dropFirst(64 << 10) }
            return Array(rest.prefix(64 << 10))
        }
    }
}

/// The bytes behind a descriptor, read through the client.
func read(_ descriptor: Descriptor, from source: any ContentSource) async throws -> [UInt8] {
    try await source.bytes(of: descriptor, limit: 256 << 20)
}

/// A logger that drops every event.
let quietLogger = Logger.silent

/// A source that fails after some bytes.
struct FailingSource: BlobSource {
    let count: Int
    var reference: StoreReference { .layout(path: "failing") }

    init(after count: Int) { self.count = count }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        try await BytesSource(noise(count, seed: "upload")).withContent(of: descriptor, from: offset) { stream in
            try await body(
                ContentStream {
                    var iterator = stream.makeAsyncIterator()
                    if let chunk = try await iterator.next() { return chunk }
                    throw OCIError(.io, "the disk is gone")
                })
        }
    }
}

/// A source that runs a closure once at an offset.
final class HookedSource: BlobSource {
    private let bytes: [UInt8]
    private let offset: Int
    private let hook: @Sendable () -> Void
    private let isDone = Mutex(false)
    var reference: StoreReference { .layout(path: "hooked") }

    init(_ bytes: [UInt8], at offset: Int, _ hook: @escaping @Sendable () -> Void) {
        self.bytes = bytes
        self.offset = offset
        self.hook = hook
    }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from start: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        let position = Mutex(Int(start))
        return try await BytesSource(bytes).withContent(of: descriptor, from: start) { stream in
            try await body(
                ContentStream { [self] in
                    if position.withLock({ $0 >= offset }), isDone.withLock({ !$0 }) {
                        isDone.withLock { $0 = true }
                        hook()
                    }
                    var iterator = stream.makeAsyncIterator()
                    guard let chunk = try await iterator.next() else { return nil }
                    position.withLock { $0 += chunk.count }
                    return chunk
                })
        }
    }
}
