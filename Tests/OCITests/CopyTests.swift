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

    @Test("moves everything between any two kinds of store", arguments: Kind.allCases, Kind.allCases)
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
                + #""evidenceTags":[],"mounted":0,"passedOver":[],"present":0,"tag":"v1"}"#)
    }
}
