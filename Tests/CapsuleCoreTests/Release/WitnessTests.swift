import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
import Testing

@Suite("The witness of a pair")
struct WitnessTests {
    private func witness() throws -> ReleaseManifest {
        var request = try Sample.request()
        request.form = .pair
        return try CapsuleBuilder.build(request).witnessed(in: StoreReference("ghcr.io/example/shop-package"))
    }

    @Test("is the capsule's release.yaml with one more section")
    func section() throws {
        let yaml = try witness().yaml()
        let capsule = try CapsuleBuilder.build(Sample.request()).release.yaml()
        #expect(yaml.hasPrefix(capsule))
        #expect(yaml.dropFirst(capsule.count).hasPrefix("artifact:\n  repoURL: ghcr.io/example/shop-package\n"))
        #expect(try ReleaseManifest.decode(yaml: Array(yaml.utf8), as: .pair) == witness())
    }

    @Test(
        "is read strictly",
        arguments: [
            ("artifact:\n  repoURL: ghcr.io/example/shop-package", "artifact:\n  repoURL: ''", "artifact.repoURL"),
            (
                "  tag: git-0cc4cd87f40ae606d1822d5652b552f8c50a4668\n  digest: sha256:",
                "  tag: latest\n  digest: sha256:", "artifact.tag"
            ),
            ("artifact:", "artifact:\n  extra: 1", "extra"),
            ("schemaVersion: release-capsule/v1", "schemaVersion: codeai/v1alpha1", "schemaVersion"),
        ])
    func strict(old: String, new: String, says: String) throws {
        let yaml = try witness().yaml()
        let last = try #require(yaml.ranges(of: old).last)
        let changed = yaml.replacingCharacters(in: last, with: new)
        let error = #expect(throws: DocumentError.self) {
            try ReleaseManifest.decode(yaml: Array(changed.utf8), as: .pair)
        }
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
    }

    @Test("is not a capsule's release.yaml, nor the reverse")
    func forms() throws {
        let yaml = Array(try witness().yaml().utf8)
        let inCapsule = #expect(throws: DocumentError.self) { try ReleaseManifest.decode(yaml: yaml) }
        #expect(inCapsule?.message.contains("artifact is for the witness") == true)
        let release = Array(try Sample.release().yaml().utf8)
        let alone = #expect(throws: DocumentError.self) { try ReleaseManifest.decode(yaml: release, as: .pair) }
        #expect(alone?.message.contains("artifact is missing") == true)
        let json = try witness().canonicalJSON()
        #expect(throws: DocumentError.self) { try ReleaseManifest.decode(json: json) }
    }
}

@Suite("The package of a pair")
struct PairPackageTests {
    private func built() throws -> BuiltCapsule {
        var request = try Sample.request()
        request.form = .pair
        return try CapsuleBuilder.build(request)
    }

    @Test("has the shape of a capsule, without the record")
    func shape() throws {
        let pair = try built()
        let capsule = try CapsuleBuilder.build(Sample.request())
        let shape = try CapsuleManifest(pair.manifest)
        #expect(shape.form == .pair)
        var expected = try CapsuleManifest(capsule.manifest).annotations
        expected["io.release-capsule.format"] = "package-v1"
        #expect(shape.annotations == expected)
        let config = try CapsuleConfig(decoding: pair.config)
        #expect(config.form == .pair && config.package == capsule.release.package)
        let contents = try CapsuleContents(pair.capsule())
        let files = try CapsuleContents(capsule.capsule()).files
        #expect(contents.files == files.filter { $0.path != "release.yaml" })
        #expect(contents.release.image == capsule.release.image)
    }

    @Test("a copy that changed its manifest is recognized by the label of its config, and by its annotations")
    func copies() async throws {
        let pair = try built()
        var manifest = try pair.manifest.imageManifest()
        manifest.annotations = nil
        let bare = CapsuleShape(try RawManifest(encoding: manifest), config: pair.config)
        #expect(bare.isChanged)
        manifest.annotations = ["io.release-capsule.format": "package-v1"]
        #expect(CapsuleShape(try RawManifest(encoding: manifest)).isChanged)
        manifest.annotations = ["io.release-capsule.format": "package-v2"]
        let other = CapsuleShape(try RawManifest(encoding: manifest))
        #expect(!other.isChanged && other.remedy.contains("a version of capsule that reads this format"))
    }

    @Test("a release.yaml in its layer is refused, and a capsule's layer without one")
    func layers() throws {
        let pair = try built()
        let capsule = try CapsuleBuilder.build(Sample.request())
        #expect(throws: (any Error).self) {
            try LayerContents(reading: capsule.layer, of: .pair, keeping: .everything)
        }
        #expect(throws: (any Error).self) { try LayerContents(reading: pair.layer, keeping: .everything) }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
