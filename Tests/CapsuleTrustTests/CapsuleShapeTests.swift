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
        MalformedManifest("no artifactType") { $0.artifactType = nil },
        MalformedManifest("another artifactType") { $0.artifactType = "application/vnd.example" },
        MalformedManifest("no media type") { $0.mediaType = nil },
        MalformedManifest("another config media type") { $0.config.mediaType = MediaType.emptyJSON },
        MalformedManifest("a config past the limit") { $0.config.size = (64 << 10) + 1 },
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

    @Test("may lack the time in a release of the legacy schema") func legacy() async throws {
        var variant = Variant()
        variant.release = {
            $0.schemaVersion = ReleaseManifest.legacySchema
            ($0.source, $0.metadata, $0.packing, $0.package.digest, $0.package.entry) = (nil, nil, nil, nil, nil)
        }
        variant.manifest = { $0.annotations = nil }
        let made = try variant.make()
        let check = try await variant.verify().report.checks.first { $0.id == "capsule.manifest" }
        #expect(check?.status == .pass)
        #expect(try await CapsuleReader.read(made.manifest, tag: nil, from: made.store).shape.created == nil)
    }
}
