import OCI
import Synchronization

/// A small artifact: a config, some layers, a manifest, perhaps about another.
struct SampleArtifact {
    let manifest: RawManifest
    let config: [UInt8]
    let layers: [[UInt8]]

    init(
        _ seed: String, layers: Int = 2, layerSize: Int = 1000, about subject: Descriptor? = nil,
        artifactType: String? = "application/vnd.example", annotations: [String: String]? = nil
    ) throws {
        config = Array(#"{"seed":"\#(seed)"}"#.utf8)
        self.layers = (0..<layers).map { index in
            let text = Array("\(seed) \(index) ".utf8)
            return (0..<layerSize).map { text[$0 % text.count] }
        }
        manifest = try RawManifest(
            encoding: ImageManifest(
                artifactType: artifactType,
                config: Descriptor(mediaType: "application/vnd.example.config+json", content: config),
                layers: self.layers.map { Descriptor(mediaType: MediaType.layerTarGzip, content: $0) },
                subject: subject,
                annotations: annotations))
    }

    var descriptor: Descriptor { manifest.descriptor }

    @discardableResult
    func add(to store: MemoryStore, tag: String? = nil) throws -> Descriptor {
        store.add(config, mediaType: "application/vnd.example.config+json")
        for layer in layers { store.add(layer, mediaType: MediaType.layerTarGzip) }
        return store.add(manifest, tag: try tag.map { try Tag($0) })
    }
}

/// Any digest, told apart by `number`.
func sampleDigest(_ number: Int) -> Digest { .sha256(of: Array("\(number)".utf8)) }

extension ContentSource {
    /// Everything below a manifest, read and verified.
    func readAll(_ root: Descriptor) async throws -> Int {
        let manifest = try await manifest(root)
        var count = 1
        for child in try manifest.children() {
            if MediaType.isManifest(child.mediaType) {
                count += try await readAll(child)
            } else {
                _ = try await bytes(of: child, limit: child.size)
                count += 1
            }
        }
        return count
    }
}

/// A source that checks nothing, as one with a mistake would.
struct FakeSource: ContentSource {
    var reference: StoreReference { .layout(path: "(fake)") }
    var content: [Digest: [UInt8]]
    var attached: [Digest: [Descriptor]] = [:]
    /// Runs before the end of each stream.
    var beforeEnd: @Sendable () async throws -> Void = {}

    init(content: [Digest: [UInt8]], beforeEnd: @escaping @Sendable () async throws -> Void = {}) {
        self.content = content
        self.beforeEnd = beforeEnd
    }

    func resolve(_ tag: OCI.Tag) async throws -> Descriptor? { nil }
    func resolve(_ digest: Digest) async throws -> Descriptor? { nil }
    func referrers(of digest: Digest) async throws -> [Descriptor] { attached[digest] ?? [] }
    func tags() async throws -> [OCI.Tag] { [] }

    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result {
        let chunks = Mutex(content[descriptor.digest].map { [$0] } ?? [])
        return try await body(
            ContentStream { [beforeEnd] in
                if let chunk = chunks.withLock({ $0.popLast() }), !chunk.isEmpty { return chunk }
                try await beforeEnd()
                return nil
            })
    }
}
