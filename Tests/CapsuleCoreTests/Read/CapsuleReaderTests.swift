import Archive
import CapsuleCore
import CapsuleTestSupport
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("Reading a capsule")
struct CapsuleReaderTests {
    @Test("gives back what was built") func roundTrip() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore(.registry(try Repository("ghcr.io/example/shop-capsule")))
        try await copy(built.manifest.descriptor, from: built.content, to: store, tag: built.tag)
        let reference = ArtifactReference(store.reference, tag: built.tag)
        let capsule = try await CapsuleReader.read(reference, from: store)
        #expect(capsule.manifest.bytes == built.manifest.bytes)
        #expect(capsule.config == built.config)
        #expect(capsule.layer == built.layer)
        #expect(capsule.reference == ArtifactReference(store.reference, tag: built.tag, digest: built.digest))
        #expect(capsule.shape.created == Sample.committed)
        #expect(try await CapsuleReader.release(capsule.shape, from: store) == built.release)
        let contents = try CapsuleContents(capsule)
        #expect(contents.release == built.release)
        #expect(contents.files.count == 7)
        #expect(contents.package.digest == built.release.package.digest)
        #expect(contents.package.entry?.description == "base")
        #expect(contents.sbom != nil && contents.provenance != nil)
    }

    @Test("refuses a release.yaml or config that cannot be read as damage, not as the user's mistake")
    func damaged() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let capsule = try built.capsule()
        let layer = try LayerWriter.write(
            [.file(path: "release.yaml", content: Array("schemaVersion: release-capsule/v9\n".utf8))], modified: 0)
        let broken = Capsule(
            store: capsule.store, tag: capsule.tag, shape: capsule.shape, config: capsule.config, layer: layer)
        let refusal = #expect(throws: CapsuleError.self) { try CapsuleContents(broken) }
        #expect(refusal?.code == .notACapsule)
        #expect(refusal?.message.contains("release.yaml:1: schemaVersion") == true)
        let store = MemoryStore()
        var manifest = try built.manifest.imageManifest()
        manifest.config = store.add(Array("{}".utf8), mediaType: manifest.config.mediaType)
        let shape = try CapsuleManifest(RawManifest(encoding: manifest))
        let error = await #expect(throws: CapsuleError.self) { try await CapsuleReader.release(shape, from: store) }
        #expect(error?.code == .notACapsule)
    }

    @Test("that is not there says so") func missing() async throws {
        let store = MemoryStore()
        let reference = ArtifactReference(store.reference, tag: try Sample.image().tag)
        let error = await #expect(throws: CapsuleError.self) { try await CapsuleReader.read(reference, from: store) }
        #expect(error?.code == .notFound)
    }

    static let changes: [(String, @Sendable (inout ImageManifest) throws -> Void)] = [
        ("no format", { $0.annotations?[CapsuleFormat.Annotation.format] = nil }),
        ("an artifactType", { $0.artifactType = "application/vnd.example" }),
        ("no media type", { $0.mediaType = nil }),
        ("another config", { $0.config.mediaType = MediaType.emptyJSON }),
        ("no layer", { $0.layers = [] }),
        ("two layers", { $0.layers += $0.layers }),
        ("another layer type", { $0.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar" }),
        ("a layer past the limit", { $0.layers[0].size = (32 << 20) + 1 }),
        ("a config past the limit", { $0.config.size = Int64(CapsuleFormat.maximumConfigSize) + 1 }),
        ("a subject", { $0.subject = $0.config }),
    ]

    @Test("refuses a manifest of another shape, and reads nothing more", arguments: changes.indices)
    func shape(_ index: Int) async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        var manifest = try built.manifest.imageManifest()
        try Self.changes[index].1(&manifest)
        let store = MemoryStore()
        let descriptor = store.add(try RawManifest(encoding: manifest))
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsuleReader.read(descriptor, tag: nil, from: store)
        }
        #expect(error?.code == .notACapsule, "\(Self.changes[index].0)")
        #expect(error?.findings.map(\.rule) == ["capsule.manifest"])
    }

    @Test("takes sizes at the limit") func limits() async throws {
        var manifest = try CapsuleBuilder.build(Sample.request()).manifest.imageManifest()
        manifest.layers[0].size = 32 << 20
        manifest.config.size = Int64(CapsuleFormat.maximumConfigSize)
        #expect(CapsuleManifest.findings(try RawManifest(encoding: manifest)) == [])
    }

    @Test("refuses an index, and a manifest that two readers understand differently") func ambiguous() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore()
        let index = store.add(try RawManifest(encoding: ImageIndex(manifests: [built.manifest.descriptor])))
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsuleReader.read(index, tag: nil, from: store)
        }
        #expect(error?.code == .notACapsule)
        let text = String(decoding: built.manifest.bytes, as: UTF8.self)
        for (old, new) in [
            ("\"config\"", "\"artifactType\":\"x\",\"config\""),
            ("\"layers\"", "\"Layers\":[],\"layers\""),
            ("\"schemaVersion\":2}", "\"schemaVersion\":2} {}"),
            ("\"layers\"", "\"manifests\":[],\"layers\""),
        ] {
            let bytes = Array(text.replacing(old, with: new).utf8)
            let raw = RawManifest(
                bytes: bytes, descriptor: Descriptor(mediaType: MediaType.imageManifest, content: bytes))
            #expect(CapsuleManifest.findings(raw).map(\.rule) == ["capsule.manifest"])
        }
    }

    @Test("notices a changed byte anywhere", arguments: ["manifest", "config", "layer"])
    func damage(_ part: String) async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore()
        store.add(built.config, mediaType: MediaType.imageConfig)
        store.add(built.layer, mediaType: MediaType.layerTarGzip)
        store.add(built.manifest)
        var bytes = ["manifest": built.manifest.bytes, "config": built.config, "layer": built.layer][part] ?? []
        let digest = Digest.sha256(of: bytes)
        for change in [{ $0[$0.count / 2] ^= 1 }, { $0.removeLast() }, { $0.append(0) }] as [(inout [UInt8]) -> Void] {
            let whole = bytes
            change(&bytes)
            store.damage(digest, bytes)
            bytes = whole
            let error = await #expect(throws: OCIError.self) {
                try await CapsuleReader.read(built.manifest.descriptor, tag: nil, from: store)
            }
            #expect(error?.code == .contentMismatch)
        }
    }

    @Test("whose layer breaks the format has no contents") func layer() throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let shape = try CapsuleManifest(built.manifest)
        for layer in [[], [1, 2, 3], built.layer.dropLast(), built.layer + [0], built.layer + built.layer] as [[UInt8]]
        {
            let error = #expect(throws: CapsuleError.self) {
                try CapsuleContents(
                    Capsule(store: .layout(path: "x"), tag: nil, shape: shape, config: built.config, layer: layer))
            }
            #expect(error?.findings.map(\.rule) == ["capsule.layer"])
        }
    }
}
