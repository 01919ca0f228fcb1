import CapsuleTestSupport
import FoundationEssentials
import OCI
import Synchronization
import Testing

@Suite("Copying", .timeLimit(.minutes(1)))
struct CopyTests {
    enum Kind: String, CaseIterable { case memory, layout }

    static func withStore<Result>(
        _ kind: Kind, _ body: (any ContentStore) async throws -> Result
    ) async throws -> Result {
        switch kind {
        case .memory: try await body(MemoryStore())
        case .layout:
            try await withTemporaryDirectory { directory in
                try await body(ImageLayout(path: "\(directory)/layout", create: true))
            }
        }
    }

    @Test("moves everything between any two kinds of place", arguments: Kind.allCases, Kind.allCases)
    func pairs(from: Kind, to: Kind) async throws {
        let artifact = try SampleArtifact("pairs", layers: 6)
        let signature = try SampleArtifact("signature", about: artifact.descriptor)
        let memory = MemoryStore()
        try artifact.add(to: memory, tag: "git-1")
        try signature.add(to: memory)
        let tag = try Tag("git-1")
        try await Self.withStore(from) { source in
            try await copy(artifact.descriptor, from: memory, to: source, tag: tag)
            try await Self.withStore(to) { sink in
                let root = try #require(try await source.resolve(tag))
                let report = try await copy(root, from: source, to: sink, tag: tag)
                #expect(report.copied == 8 + 4)
                #expect(report.present == 0)
                #expect(report.attached == [signature.descriptor.digest])
                #expect(try await sink.resolve(tag) == artifact.descriptor.target)
                #expect(try await sink.resolve(artifact.descriptor.digest) == artifact.descriptor.target)
                #expect(try await sink.readAll(root) == 8)
                #expect(try await sink.readAll(signature.descriptor) == 4)
                #expect(
                    try await sink.referrers(of: root.digest) == [try signature.manifest.referrerDescriptor()])
                #expect(try await sink.tags() == [tag])

                let again = try await copy(root, from: source, to: sink, tag: tag)
                #expect(again.copied == 0 && again.present == 12 && again.bytes == 0)
            }
        }
    }
}

extension CopyTests {
    @Test("moves children before parents, subjects before what is attached to them, and sets the tag last")
    func order() async throws {
        let memory = MemoryStore()
        let (a, b) = (try SampleArtifact("a", layers: 5), try SampleArtifact("b", layers: 5))
        try a.add(to: memory)
        try b.add(to: memory)
        let index = try RawManifest(encoding: ImageIndex(manifests: [a.descriptor, b.descriptor]))
        memory.add(index)
        let note = try SampleArtifact("note", about: index.descriptor)
        try note.add(to: memory)
        let noteOnNote = try SampleArtifact("note on note", about: note.descriptor)
        try noteOnNote.add(to: memory)
        let noteOnChild = try SampleArtifact("note on child", about: a.descriptor)
        try noteOnChild.add(to: memory)

        let sink = RecordingSink()
        let report = try await copy(index.descriptor, from: memory, to: sink, tag: try Tag("v1"))
        let steps = sink.steps
        func position(_ digest: Digest) throws -> Int { try #require(steps.firstIndex(of: "\(digest)")) }
        for manifest in [a.manifest, b.manifest, index, note.manifest, noteOnNote.manifest, noteOnChild.manifest] {
            let own = try position(manifest.descriptor.digest)
            for child in try manifest.children() { #expect(try position(child.digest) < own) }
            if let subject = try manifest.subject() { #expect(try position(subject.digest) < own) }
        }
        #expect(steps.last == "tag v1 \(index.descriptor.digest)")
        #expect(Set(steps).count == steps.count)
        #expect(
            report.attached
                == [note, noteOnNote, noteOnChild].map(\.descriptor.digest).sorted())
        #expect(report.copied == steps.count - 1)
    }

    @Test("moves four blobs side by side, not one and not all")
    func width() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("wide", layers: 30)
        try artifact.add(to: memory)
        let sink = RecordingSink(delay: .milliseconds(2))
        try await copy(artifact.descriptor, from: memory, to: sink, tag: nil)
        #expect(sink.widest == 4)
        let narrow = RecordingSink(delay: .milliseconds(1))
        try await copy(artifact.descriptor, from: memory, to: narrow, tag: nil, options: CopyOptions(width: 1))
        #expect(narrow.widest == 1)
    }

    @Test("moves a blob once that many manifests share")
    func sharing() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("shared")
        try artifact.add(to: memory)
        var manifests: [Descriptor] = []
        for number in 0..<5 {
            var manifest = try artifact.manifest.imageManifest()
            manifest.annotations = ["n": "\(number)"]
            manifests.append(memory.add(try RawManifest(encoding: manifest)))
        }
        let index = try RawManifest(encoding: ImageIndex(manifests: manifests + manifests))
        memory.add(index)
        let report = try await copy(index.descriptor, from: memory, to: MemoryStore(), tag: nil)
        #expect(report.copied == 3 + 5 + 1)
    }

    @Test("leaves what is attached behind when told to")
    func withoutReferrers() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("a")
        try artifact.add(to: memory)
        let note = try SampleArtifact("note", about: artifact.descriptor)
        try note.add(to: memory)
        try note.add(to: memory, tag: "sha256-\(artifact.descriptor.digest.hex).sig")
        let report = try await copy(
            artifact.descriptor, from: memory, to: MemoryStore(), tag: nil, options: CopyOptions(referrers: false))
        #expect(report.copied == 4 && report.attached == [] && report.evidenceTags == [])
    }

    @Test("does not move a tag that names other content, and moves nothing then")
    func tagExists() async throws {
        let memory = MemoryStore()
        let (a, b) = (try SampleArtifact("a"), try SampleArtifact("b"))
        try a.add(to: memory)
        try b.add(to: memory)
        let tag = try Tag("v1")
        for kind in Kind.allCases {
            try await Self.withStore(kind) { sink in
                try await copy(a.descriptor, from: memory, to: sink, tag: tag)
                let error = await #expect(throws: OCIError.self) {
                    try await copy(b.descriptor, from: memory, to: sink, tag: tag)
                }
                #expect(error?.code == .tagExists)
                #expect(try await sink.resolve(tag) == a.descriptor.target)
                #expect(try await sink.resolve(b.descriptor.digest) == nil)
                try await copy(b.descriptor, from: memory, to: sink, tag: tag, options: CopyOptions(replaceTag: true))
                #expect(try await sink.resolve(tag) == b.descriptor.target)
            }
        }
    }

    @Test("carries cosign's tags")
    func evidenceTags() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("a")
        try artifact.add(to: memory)
        let tags = try ["att", "sbom", "sig"].map { try Tag("sha256-\(artifact.descriptor.digest.hex).\($0)") }
        for tag in tags { try SampleArtifact("\(tag)").add(to: memory, tag: "\(tag)") }
        let sink = MemoryStore()
        let report = try await copy(artifact.descriptor, from: memory, to: sink, tag: try Tag("v1"))
        #expect(report.evidenceTags == tags)
        #expect(try await sink.tags() == tags + [try Tag("v1")])
        for tag in tags {
            let descriptor = try #require(try await sink.resolve(tag))
            #expect(try await sink.readAll(descriptor) == 4)
        }
    }

    /// A signature manifest in cosign's manner: one layer a signature, all with the same payload.
    static func signatures(_ names: [String], in store: MemoryStore) throws -> RawManifest {
        let payload = store.add(Array("payload".utf8), mediaType: "application/vnd.dev.cosign.simplesigning.v1+json")
        let config = store.add(Array("\(names)".utf8), mediaType: "application/vnd.oci.image.config.v1+json")
        return try RawManifest(
            encoding: ImageManifest(
                config: config,
                layers: names.map { name in
                    var layer = payload
                    layer.annotations = ["dev.cosignproject.cosign/signature": name]
                    return layer
                }))
    }

    @Test(
        "never loses a signature that the other end has",
        arguments: [
            (["x"], ["x"], "theirs"), (["x"], ["x", "y"], "theirs"), (["x", "y"], ["x"], "ours"),
            (["x"], ["y"], "neither"),
            (["x", "y"], ["y", "z"], "neither"),
        ])
    func signatureUnion(ours: [String], theirs: [String], winner: String) async throws {
        let (source, sink) = (MemoryStore(), MemoryStore())
        let artifact = try SampleArtifact("a")
        try artifact.add(to: source)
        let tag = try Tag("sha256-\(artifact.descriptor.digest.hex).sig")
        let (our, their) = (try Self.signatures(ours, in: source), try Self.signatures(theirs, in: sink))
        source.add(our, tag: tag)
        sink.add(their, tag: tag)
        if winner == "neither" {
            let error = await #expect(throws: OCIError.self) {
                try await copy(artifact.descriptor, from: source, to: sink, tag: nil)
            }
            #expect(error?.code == .tagExists)
            #expect(try await sink.resolve(artifact.descriptor.digest) == nil)
        } else {
            try await copy(artifact.descriptor, from: source, to: sink, tag: nil)
        }
        #expect(try await sink.resolve(tag) == (winner == "ours" ? our : their).descriptor.target)
    }

    @Test("tells its progress")
    func progress() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("a", layers: 1, layerSize: 600_000)
        try artifact.add(to: memory)
        let events = Mutex<[CopyEvent]>([])
        let options = CopyOptions { event in events.withLock { $0.append(event) } }
        let tag = try Tag("v1")
        let report = try await copy(artifact.descriptor, from: memory, to: MemoryStore(), tag: tag, options: options)
        let seen = events.withLock { $0 }
        #expect(seen.first == .planned(items: 3, bytes: report.bytes))
        let layer = try artifact.manifest.imageManifest().layers[0]
        let positions = seen.compactMap { event -> Int64? in
            if case .progressed(layer, let bytes) = event { bytes } else { nil }
        }
        #expect(positions == [262_144, 524_288, 600_000])
        #expect(seen.contains(.finished(layer, .copied)))
        #expect(seen.last == .tagged(tag, artifact.descriptor.target))
        #expect(report.bytes == 600_000 + Int64(artifact.config.count) + artifact.descriptor.size)
    }

    @Test("tells what was mounted from what was moved")
    func mounted() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("a")
        try artifact.add(to: memory)
        let report = try await copy(artifact.descriptor, from: memory, to: RecordingSink(mounts: true), tag: nil)
        #expect(report.mounted == 3 && report.copied == 1)
    }

    @Test("refuses graphs beyond its limits, having stored nothing")
    func limits() async throws {
        func expectTooLarge(_ root: Descriptor, _ source: any ContentSource) async {
            let sink = RecordingSink()
            let error = await #expect(throws: OCIError.self) {
                try await copy(root, from: source, to: sink, tag: nil)
            }
            #expect(error?.code == .tooLarge)
            #expect(sink.steps == [])
        }
        let memory = MemoryStore()
        let blobs = (0..<10_000).map {
            Descriptor(mediaType: MediaType.layerTarGzip, digest: sampleDigest($0), size: 1)
        }
        let config = memory.add(Array("{}".utf8), mediaType: MediaType.emptyJSON)
        await expectTooLarge(
            memory.add(try RawManifest(encoding: ImageManifest(config: config, layers: blobs))), memory)

        let artifact = try SampleArtifact("deep")
        var deep = try artifact.add(to: memory)
        for _ in 0..<9 { deep = memory.add(try RawManifest(encoding: ImageIndex(manifests: [deep]))) }
        await expectTooLarge(deep, memory)

        var chain = try SampleArtifact("chain").add(to: memory)
        let first = chain
        for number in 0..<5 { chain = try SampleArtifact("chain \(number)", about: chain).add(to: memory) }
        await expectTooLarge(first, memory)

        let popular = try SampleArtifact("popular")
        var crowd = FakeSource(content: [popular.descriptor.digest: popular.manifest.bytes])
        crowd.attached[popular.descriptor.digest] = (0..<1_001).map {
            Descriptor(mediaType: MediaType.imageManifest, digest: sampleDigest($0), size: 1)
        }
        await expectTooLarge(popular.descriptor, crowd)
    }

    @Test("takes graphs at its limits")
    func atLimits() async throws {
        let memory = MemoryStore()
        var deep = try SampleArtifact("deep").add(to: memory)
        for _ in 0..<7 { deep = memory.add(try RawManifest(encoding: ImageIndex(manifests: [deep]))) }
        try await copy(deep, from: memory, to: MemoryStore(), tag: nil)
        var chain = try SampleArtifact("chain").add(to: memory)
        let first = chain
        for number in 0..<4 { chain = try SampleArtifact("chain \(number)", about: chain).add(to: memory) }
        let report = try await copy(first, from: memory, to: MemoryStore(), tag: nil)
        #expect(report.attached.count == 4)
    }

    @Test("refuses manifests that refer to each other in a circle")
    func circle() async throws {
        // Only a source that does not verify can show one.
        let names = (0..<3).map { Descriptor(mediaType: MediaType.imageIndex, digest: sampleDigest($0), size: 1) }
        var content: [Digest: [UInt8]] = [:]
        for (number, name) in names.enumerated() {
            content[name.digest] = try RawManifest(encoding: ImageIndex(manifests: [names[(number + 1) % 3]])).bytes
        }
        let error = await #expect(throws: OCIError.self) {
            try await copy(names[0], from: FakeSource(content: content), to: MemoryStore(), tag: nil)
        }
        #expect(error?.code == .invalidManifest)
    }

    @Test("refuses one digest with two sizes, and a root that is no manifest")
    func inconsistent() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("a")
        try artifact.add(to: memory)
        var manifest = try artifact.manifest.imageManifest()
        manifest.layers[1] = manifest.layers[0]
        manifest.layers[1].size += 1
        let root = memory.add(try RawManifest(encoding: manifest))
        for root in [root, manifest.config] {
            let error = await #expect(throws: OCIError.self) {
                try await copy(root, from: memory, to: MemoryStore(), tag: nil)
            }
            #expect(error?.code == .invalidManifest)
        }
    }

    @Test("ends when its task is cancelled, without a tag at the other end")
    func cancelled() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("a", layers: 20)
        try artifact.add(to: memory)
        let sink = RecordingSink(delay: .seconds(3600))
        let task = Task { try await copy(artifact.descriptor, from: memory, to: sink, tag: try Tag("v1")) }
        while sink.widest < 4 { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(sink.steps == [])
    }

    @Test("reports in JSON")
    func report() async throws {
        let memory = MemoryStore()
        let artifact = try SampleArtifact("a")
        try artifact.add(to: memory)
        let report = try await copy(artifact.descriptor, from: memory, to: MemoryStore(), tag: try Tag("v1"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            try String(decoding: encoder.encode(report), as: UTF8.self)
                == #"{"attached":[],"bytes":\#(report.bytes),"copied":4,"digest":"\#(artifact.descriptor.digest)","#
                + #""evidenceTags":[],"mounted":0,"present":0,"tag":"v1"}"#)
    }
}

/// A sink that writes down what it is told.
final class RecordingSink: ContentSink {
    private struct State {
        var steps: [String] = []
        var running = 0
        var widest = 0
    }
    private let state = Mutex(State())
    private let delay: Duration?
    private let mounts: Bool
    let place = Place.layout(path: "(recording)")

    init(delay: Duration? = nil, mounts: Bool = false) {
        self.delay = delay
        self.mounts = mounts
    }

    var steps: [String] { state.withLock { $0.steps } }
    var widest: Int { state.withLock { $0.widest } }

    func contains(_ descriptor: Descriptor) async throws -> Bool { false }

    func store(_ descriptor: Descriptor, from source: any ContentSource) async throws {
        state.withLock { state in
            state.running += 1
            state.widest = max(state.widest, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        if let delay { try await Task.sleep(for: delay) }
        if !mounts || MediaType.isManifest(descriptor.mediaType) {
            _ = try await source.bytes(of: descriptor, limit: descriptor.size)
        }
        state.withLock { $0.steps.append("\(descriptor.digest)") }
    }

    func tag(_ descriptor: Descriptor, as tag: OCI.Tag) async throws {
        state.withLock { $0.steps.append("tag \(tag) \(descriptor.digest)") }
    }
}
