import OCI
import Testing

@Suite("Copying evidence", .timeLimit(.minutes(1)))
struct EvidenceCopyTests {
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
}
