import OCI
import Testing

@Suite("Graphs that are too large or wrong", .timeLimit(.minutes(1)))
struct CopyLimitsTests {
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

    @Test("refuses one digest with two sizes, and a root that is not a manifest")
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
}
