import CapsuleCore
import CapsuleReports
import CapsuleTrust
import OCI
import ReleaseTestSupport
import Support
import Testing

/// A manifest that breaks one rule of `format.md` §2.
struct MalformedManifest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout Variant) -> Void

    init(_ description: String, bytes change: @escaping @Sendable (inout Variant) -> Void) {
        testDescription = description
        self.change = change
    }

    init(_ description: String, _ change: @escaping @Sendable (inout ImageManifest) -> Void) {
        self.init(description, bytes: { $0.manifest = { change(&$0) } })
    }

    static let all: [MalformedManifest] = [
        MalformedManifest("an artifactType") { $0.artifactType = "application/vnd.example" },
        MalformedManifest("no media type") { $0.mediaType = nil },
        MalformedManifest("another config media type") { $0.config.mediaType = MediaType.emptyJSON },
        MalformedManifest("a config past the limit") { $0.config.size = Int64(CapsuleFormat.maximumConfigSize) + 1 },
        MalformedManifest("a config with annotations") { $0.config.annotations = ["x": "y"] },
        MalformedManifest("a config with embedded data") { $0.config.data = "e30=" },
        MalformedManifest("no layer") { $0.layers = [] },
        MalformedManifest("two layers") { $0.layers.append($0.layers[0]) },
        MalformedManifest("another layer media type") { $0.layers[0].mediaType = "application/octet-stream" },
        MalformedManifest("a layer past the limit") { $0.layers[0].size = (32 << 20) + 1 },
        MalformedManifest("a layer without its title") { $0.layers[0].annotations = nil },
        MalformedManifest("a layer with another title") { manifest in
            manifest.layers[0].annotations?[CapsuleFormat.Annotation.title] = "x.tgz"
        },
        MalformedManifest("a layer with more annotations") { $0.layers[0].annotations?["x"] = "y" },
        MalformedManifest("a layer with URLs") { $0.layers[0].urls = ["https://example.com"] },
        MalformedManifest("a subject") { $0.subject = $0.config },
        MalformedManifest("an unknown annotation") { $0.annotations?["com.example"] = "x" },
        MalformedManifest("no time") { $0.annotations?[CapsuleFormat.Annotation.created] = nil },
        MalformedManifest("a time in another form") {
            $0.annotations?[CapsuleFormat.Annotation.created] = "2026-01-02"
        },
        MalformedManifest("no format") { $0.annotations?[CapsuleFormat.Annotation.format] = nil },
        MalformedManifest("another format") { $0.annotations?[CapsuleFormat.Annotation.format] = "v2" },
        MalformedManifest("no annotations") { $0.annotations = nil },
        MalformedManifest("an unknown key", bytes: { $0.manifestBytes = { Array("{\"x\":1,".utf8) + $0.dropFirst() } }),
        MalformedManifest("white space", bytes: { $0.manifestBytes = { $0 + [UInt8(ascii: "\n")] } }),
    ]
}

@Suite("The shape of a capsule's manifest", .timeLimit(.minutes(1)))
struct CapsuleShapeTests {
    @Test(
        "is one for every reader: what verify rejects is not read to be inspected, signed or attested",
        arguments: MalformedManifest.all)
    func malformed(_ malformed: MalformedManifest) async throws {
        var variant = Variant()
        malformed.change(&variant)
        let made = try variant.make()
        let report = try await variant.verify().report
        #expect(report.failures.map(\.id).contains("capsule.manifest"), "\(report.text())")
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsuleReader.read(made.manifest, tag: nil, from: made.store)
        }
        #expect(error?.code == .notACapsule)
        // Both name the same rule.
        let reason = report.checks.first { $0.id == "capsule.manifest" }?.reason
        #expect(error?.findings.first?.message == reason)
    }

    @Test("is accepted by both as the builder writes it") func sound() async throws {
        let made = try Variant().make()
        #expect(try await Variant().verify().report.ok)
        #expect(try await CapsuleReader.read(made.manifest, tag: nil, from: made.store).digest == made.manifest.digest)
    }

    @Test("has the time in a release of the legacy schema, too") func legacy() async throws {
        var variant = Variant()
        variant.release = {
            $0.schemaVersion = ReleaseManifest.legacySchema
            ($0.source, $0.metadata, $0.packing, $0.package.digest, $0.package.entry) = (nil, nil, nil, nil, nil)
        }
        #expect(try await variant.verify().report.ok)
        variant.manifest = { $0.annotations?[CapsuleFormat.Annotation.created] = nil }
        #expect(try await variant.verify().report.failures.map(\.id).contains("capsule.manifest"))
    }

    /// What a tool leaves of a capsule whose manifest it writes anew.
    static let copies: [(String, @Sendable (inout ImageManifest) -> Void)] = [
        (
            "docker's types",
            {
                $0.mediaType = MediaType.dockerManifest
                $0.config.mediaType = MediaType.dockerConfig
                $0.layers[0].mediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip"
                $0.layers[0].annotations = nil
                $0.annotations = nil
            }
        ),
        (
            "another compression",
            {
                $0.layers[0].mediaType = "application/vnd.oci.image.layer.v1.tar+zstd"
                $0.layers[0].annotations = nil
            }
        ),
        ("no annotations", { $0.annotations = nil }),
        ("an annotation more", { $0.annotations?["org.opencontainers.image.base.name"] = "scratch" }),
    ]

    @Test("that a copy changed is named as that by every reader", arguments: copies.indices)
    func copied(_ index: Int) async throws {
        var variant = Variant()
        variant.manifest = Self.copies[index].1
        let made = try variant.make()
        let check = try await variant.verify().report.checks.first { $0.id == "capsule.manifest" }
        #expect(check?.reason?.hasPrefix("it is not the capsule that was published: a copy changed") == true)
        #expect(check?.remedy?.contains("--preserve-digests") == true)
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsuleReader.read(made.manifest, tag: nil, from: made.store)
        }
        #expect(error?.findings.first?.message == check?.reason)
        #expect(error?.findings.first?.remedy == check?.remedy)
        let listed = try await CapsuleListing.read(made.store)
        #expect(listed.rejected.first?.findings.first?.message == check?.reason)
        let change = try await CapsuleReader.change(made.manifest, tag: Tag(variant.tag), in: made.store)
        #expect(change == "\(try #require(check?.reason)); \(try #require(check?.remedy))")
    }

    @Test("that nobody changed, an image and an index are not changed copies") func unchanged() async throws {
        let made = try Variant().make()
        let tag = try Tag(Variant().tag)
        #expect(try await CapsuleReader.change(made.manifest, tag: tag, in: made.store) == nil)
        var variant = Variant()
        variant.manifest = Self.copies[2].1
        let copy = try variant.make()
        // Only the tag of a release promises a capsule.
        for tag in [nil, try Tag("latest")] {
            #expect(try await CapsuleReader.change(copy.manifest, tag: tag, in: copy.store) == nil)
        }
        let store = try Variant.imageStore()
        let image = try #require(try await store.resolve(tag))
        let index = store.add(try RawManifest(encoding: ImageIndex(manifests: [image])))
        for other in [image, index] { #expect(try await CapsuleReader.change(other, tag: tag, in: store) == nil) }
    }

    @Test("is told from that of an image") func image() async throws {
        let store = try Variant.imageStore()
        let image = try #require(try await store.resolve(Tag("git-\(Variant.commit)")))
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsuleReader.read(image, tag: nil, from: store)
        }
        #expect(error?.findings.map(\.message) == ["it is an image, not a capsule"])
        #expect(error?.findings.first?.remedy.contains("capsule list") == true)
        let index = store.add(try RawManifest(encoding: ImageIndex(manifests: [image])))
        let other = await #expect(throws: CapsuleError.self) {
            try await CapsuleReader.read(index, tag: nil, from: store)
        }
        #expect(other?.findings.map(\.message) == ["it is an index of images, not a capsule"])
    }
}
