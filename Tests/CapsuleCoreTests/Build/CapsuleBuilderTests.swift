import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("Building a capsule")
struct CapsuleBuilderTests {
    @Test("gives the same bytes for the same inputs, whatever their order") func determinism() throws {
        let one = try CapsuleBuilder.build(Sample.request())
        var shuffled = try Sample.request()
        shuffled.package = PackageTree(
            kind: .kustomize, entry: shuffled.package.entry, files: shuffled.package.files.reversed())
        shuffled.images.reverse()
        for request in [try Sample.request(), shuffled] {
            let other = try CapsuleBuilder.build(request)
            #expect(other.manifest.bytes == one.manifest.bytes)
            #expect(other.config == one.config)
            #expect(other.layer == one.layer)
        }
    }

    // The one test that fails when any byte of a capsule changes: that needs a new packing version (`format.md` §3).
    @Test("gives the bytes that packing 1 has always given") func golden() throws {
        let built = try CapsuleBuilder.build(Sample.request())
        try expectGolden(
            String(decoding: built.manifest.bytes, as: UTF8.self) + "\n\(built.digest)\n", "manifest.json")
        #expect(built.release.packing == 1)
        #expect(built.warnings == [])
        #expect(built.tag.description == "git-\(Sample.commit)")
    }

    @Test("makes exactly the manifest of the format") func manifest() throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let manifest = try built.manifest.imageManifest()
        #expect(manifest.mediaType == MediaType.imageManifest)
        #expect(manifest.artifactType == nil)
        #expect(manifest.config.mediaType == "application/vnd.oci.image.config.v1+json")
        #expect(manifest.config.digest == .sha256(of: built.config))
        #expect(manifest.layers.map(\.mediaType) == ["application/vnd.oci.image.layer.v1.tar+gzip"])
        #expect(manifest.layers.first?.digest == .sha256(of: built.layer))
        #expect(manifest.layers.first?.annotations == ["org.opencontainers.image.title": "capsule.tgz"])
        #expect(manifest.annotations?["org.opencontainers.image.created"] == "2026-01-02T03:04:05Z")
        #expect(manifest.annotations == CapsuleFormat.annotations(of: built.release, committed: Sample.committed))
        #expect(try CapsuleConfig(decoding: built.config).release == built.release)
    }

    @Test("packs release.yaml, metadata and package, and each says the same") func layer() throws {
        let built = try CapsuleBuilder.build(Sample.request())
        var files: [String: [UInt8]] = [:]
        var order: [String] = []
        try LayerReader(built.layer).forEachEntry { entry, content in
            order.append(entry.path)
            files[entry.path] = content
        }
        #expect(
            order == [
                "release.yaml", "metadata", "metadata/provenance.json", "metadata/sbom.json", "package",
                "package/kustomize", "package/kustomize/base", "package/kustomize/base/deployment.yaml",
                "package/kustomize/base/kustomization.yaml", "package/kustomize/components",
                "package/kustomize/components/redis", "package/kustomize/components/redis/kustomization.yaml",
                "package/kustomize/components/redis/pod.yaml",
            ])
        let package = try Sample.package()
        #expect(try ReleaseManifest.decode(yaml: files["release.yaml"] ?? []) == built.release)
        #expect(
            SBOM.check(files["metadata/sbom.json"] ?? [], image: built.release.image, package: package) == [])
        #expect(
            Provenance.check(
                files["metadata/provenance.json"] ?? [], image: built.release.image, packageDigest: package.digest,
                commit: built.release.gitCommit, source: "https://github.com/example/shop") == [])
        for file in package.files { #expect(files["package/kustomize/\(file.path)"] == file.content) }
    }

    @Test("has the package digest that coreutils print", .needs("sha256sum"))
    func coreutils() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        try await withTemporaryDirectory { directory in
            for file in try Sample.package().files { try writeFile("\(directory)/\(file.path)", file.content) }
            let output = try await Tool.output(
                [
                    "sh", "-c",
                    "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum",
                ], in: directory)
            #expect("sha256:" + output.prefix(64) == built.release.package.digest?.description)
        }
    }

    @Test("makes a helm capsule") func helm() throws {
        var request = try Sample.request()
        request.package = PackageTree(
            kind: .helm, entry: nil,
            files: try Sample.files([
                ("Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n"),
                ("templates/service.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: shop\n"),
            ]))
        request.imageName = nil
        request.images = []
        let built = try CapsuleBuilder.build(request)
        #expect(built.release.package.path.description == "package/helm")
        #expect(built.release.package.entry == nil)
        #expect(built.release.images == nil)
    }

    @Test("embeds what is supplied byte for byte, and nothing that does not fit") func supplied() throws {
        var request = try Sample.request()
        let release = try CapsuleBuilder.build(request).release
        // A space at the end is still the same statement, and other bytes.
        request.provenance = try Provenance.generate(release) + [0x20]
        request.sbom = try SBOM.generate(release, package: request.package, committed: 0) + [0x20]
        let built = try CapsuleBuilder.build(request)
        try LayerReader(built.layer).forEachEntry { entry, content in
            if entry.path == "metadata/provenance.json" { #expect(content == request.provenance) }
            if entry.path == "metadata/sbom.json" { #expect(content == request.sbom) }
        }
        var other = request
        other.commit = try CommitID(String(Sample.commit.reversed()))
        other.image.tag = ReleaseIdentity(commit: other.commit).tag
        other.images[0].tag = other.image.tag
        #expect(error(other)?.code == .invalidMetadata)
        other = request
        other.sbom = Array("{}".utf8)
        #expect(error(other)?.findings.map(\.rule) == ["sbom.document"])
        other = request
        other.image.digest = try Sample.digest("12")
        other.sbom = nil
        #expect(error(other)?.code == .invalidMetadata)
    }

    @Test("refuses images that are not of the release") func images() throws {
        let other = try ReleaseIdentity("git-" + String(Sample.commit.reversed())).tag
        let changes: [(inout BuildRequest) throws -> Void] = [
            { $0.image.tag = other }, { $0.image.tag = try Tag("latest") }, { $0.image.digest = nil },
            { $0.images[0].tag = other }, { $0.images[1].digest = nil }, { $0.images[1].name = nil },
            { $0.images[1].name = "shop" },
        ]
        for (index, change) in changes.enumerated() {
            var request = try Sample.request()
            try change(&request)
            #expect(error(request)?.code == .invalidName, "change \(index)")
        }
    }

    @Test("lists a floating image, and with strict refuses it") func floating() throws {
        var request = try Sample.request()
        request.images.removeLast()
        let built = try CapsuleBuilder.build(request)
        #expect(built.warnings.map(\.file) == ["components/redis/pod.yaml"])
        request.strict = true
        let refused = error(request)
        #expect(refused?.code == .invalidPackage)
        #expect(refused?.findings.map(\.severity) == [.error])
    }

    @Test("refuses an open package with every finding") func open() throws {
        var request = try Sample.request()
        request.package = PackageTree(
            kind: .kustomize, entry: request.package.entry,
            files: try Sample.files([
                ("base/kustomization.yaml", "resources:\n  - https://example.com/x.yaml\n  - missing.yaml\n")
            ]))
        let refused = error(request)
        #expect(refused?.code == .invalidPackage)
        #expect(refused?.findings.count == 2)
    }

    @Test("keeps credentials out of every byte") func credentials() throws {
        var request = try Sample.request()
        request.source.repository = "https://bot:s3cret@github.com/example/shop"
        let clean = try CapsuleBuilder.build(Sample.request())
        #expect(try CapsuleBuilder.build(request).manifest.bytes == clean.manifest.bytes)
    }

    @Test("stops past the limit of a file and of entries, and not at it", .timeLimit(.minutes(1))) func limits() throws
    {
        // Bytes that do not compress, so that no other limit is met first: noise, repeated beyond deflate's window.
        var state: UInt64 = 1
        let block = (0..<(64 << 10)).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        let noise = (0...160).flatMap { _ in block }
        func request(_ size: Int, files: Int = 1) throws -> BuildRequest {
            var request = try Sample.request()
            let blobs = try (0..<files).map {
                PackageFile(path: try RelativePath("base/blob-\($0)"), content: Array(noise.prefix(size)))
            }
            request.package = PackageTree(
                kind: .kustomize, entry: request.package.entry, files: request.package.files + blobs)
            return request
        }
        #expect(throws: Never.self) { try CapsuleBuilder.build(request(10 << 20)) }
        #expect(try error(request((10 << 20) + 1))?.code == .limitExceeded)
        // Thirteen entries are there without the blobs.
        #expect(throws: Never.self) { try CapsuleBuilder.build(request(16, files: 10_000 - 13)) }
        #expect(try error(request(16, files: 10_000 - 12))?.code == .limitExceeded)
    }

    @Test("refuses a time that no tar can hold", arguments: [-1, 1 << 33] as [Int64]) func time(_ committed: Int64)
        throws
    {
        var request = try Sample.request()
        request.committed = committed
        #expect(error(request) != nil)
    }

    @Test("of a SHA-256 repository carries the whole commit") func sha256() async throws {
        let request = try Sample.request(commit: String(repeating: "a", count: 64), committed: 1)
        let built = try CapsuleBuilder.build(request)
        #expect(built.tag.description == "git-" + String(repeating: "a", count: 64))
        #expect(
            try await CapsuleReader.read(built.manifest.descriptor, tag: nil, from: built.content).digest
                == built.digest)
    }

    private func error(_ request: BuildRequest) -> CapsuleError? {
        #expect(throws: CapsuleError.self) { try CapsuleBuilder.build(request) }
    }
}
