import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("A published capsule, to other people's programs", .timeLimit(.minutes(1)))
struct InteroperabilityTests {
    @Test("is copied by skopeo to the same digest", .needs("skopeo")) func skopeo() async throws {
        try await withTemporaryDirectory { directory in
            let built = try CapsuleBuilder.build(Sample.request())
            let layout = try ImageLayout(path: "\(directory)/ours", create: true)
            #expect(try await CapsulePublisher.publish(built, to: layout) == .published(built.digest))
            try await Tool.output([
                "skopeo", "--insecure-policy", "copy", "--preserve-digests", "oci:\(directory)/ours:\(built.tag)",
                "oci:\(directory)/theirs:\(built.tag)",
            ])
            let theirs = try ImageLayout(path: "\(directory)/theirs", create: false)
            let capsule = try await CapsuleReader.read(
                ArtifactReference(theirs.reference, tag: built.tag), from: theirs)
            #expect(capsule.digest == built.digest)
            #expect(try await CapsulePublisher.publish(built, to: theirs) == .unchanged(built.digest))
        }
    }

    @Test("is inspected by skopeo as an image of no platform, with its labels", .needs("skopeo"))
    func inspected() async throws {
        try await withTemporaryDirectory { directory in
            let built = try CapsuleBuilder.build(Sample.request())
            let layout = try ImageLayout(path: "\(directory)/ours", create: true)
            _ = try await CapsulePublisher.publish(built, to: layout)
            let text = try await Tool.output(["skopeo", "inspect", "oci:\(directory)/ours:\(built.tag)"])
            let inspected = try JSONParser.parse(Array(text.utf8), file: "skopeo")
            #expect(inspected["Architecture"]?.string == "unknown")
            #expect(inspected["Os"]?.string == "unknown")
            #expect(inspected["Created"]?.string == "2026-01-02T03:04:05Z")
            let label = try #require(inspected["Labels"]?["io.release-capsule.release"]?.string)
            #expect(try ReleaseManifest.decode(json: Array(label.utf8)) == built.release)
        }
    }

    /// Copies that write the manifest anew, as skopeo names them.
    static let changes = [
        ["--format", "v2s2"], ["--dest-compress", "--dest-compress-format", "zstd"], ["--dest-decompress"],
    ]

    @Test(
        "is recognized when skopeo changed its manifest, and not taken for the capsule", .needs("skopeo"),
        arguments: changes)
    func changed(_ change: [String]) async throws {
        try await withTemporaryDirectory { directory in
            let built = try CapsuleBuilder.build(Sample.request())
            let layout = try ImageLayout(path: "\(directory)/ours", create: true)
            _ = try await CapsulePublisher.publish(built, to: layout)
            try await Tool.output(
                ["skopeo", "--insecure-policy", "copy"] + change + [
                    "oci:\(directory)/ours:\(built.tag)", "dir:\(directory)/theirs",
                ])
            let manifest = try readFile("\(directory)/theirs/manifest.json")
            let raw = try RawManifest(detecting: manifest)
            let image = try raw.imageManifest()
            let store = MemoryStore()
            store.add(try readFile("\(directory)/theirs/\(image.config.digest.hex)"), mediaType: image.config.mediaType)
            store.add(raw, tag: built.tag)
            let error = await #expect(throws: CapsuleError.self) {
                try await CapsuleReader.read(ArtifactReference(store.reference, tag: built.tag), from: store)
            }
            #expect(error?.findings.first?.message.contains("a copy changed its manifest") == true, "\(change)")
            #expect(try await CapsuleListing.read(store).rejected.count == 1)
        }
    }

    @Test("is saved by skopeo as an archive of docker, and recognized when it comes back", .needs("skopeo"))
    func dockerArchive() async throws {
        try await withTemporaryDirectory { directory in
            let built = try CapsuleBuilder.build(Sample.request())
            let layout = try ImageLayout(path: "\(directory)/ours", create: true)
            _ = try await CapsulePublisher.publish(built, to: layout)
            try await Tool.output([
                "skopeo", "--insecure-policy", "copy", "oci:\(directory)/ours:\(built.tag)",
                "docker-archive:\(directory)/saved.tar:shop:\(built.tag)",
            ])
            try await Tool.output([
                "skopeo", "--insecure-policy", "copy", "docker-archive:\(directory)/saved.tar",
                "oci:\(directory)/back:\(built.tag)",
            ])
            let back = try ImageLayout(path: "\(directory)/back", create: false)
            let error = await #expect(throws: CapsuleError.self) {
                try await CapsuleReader.read(ArtifactReference(back.reference, tag: built.tag), from: back)
            }
            #expect(error?.findings.first?.message.contains("a copy changed its manifest") == true)
        }
    }

    @Test("is unpacked by tar to a package with the recorded digest", .needs("tar"))
    func tar() async throws {
        try await withTemporaryDirectory { directory in
            let built = try CapsuleBuilder.build(Sample.request())
            try writeFile("\(directory)/capsule.tgz", built.layer)
            try await Tool.output(["tar", "-xzf", "capsule.tgz"], in: directory)
            let yaml = try readFile("\(directory)/release.yaml")
            #expect(try ReleaseManifest.decode(yaml: yaml) == built.release)
            let output = try await Tool.output(
                [
                    "sh", "-c",
                    "cd package/kustomize && find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs -d '\\n' sha256sum "
                        + "| sha256sum",
                ], in: directory)
            #expect("sha256:" + output.prefix(64) == built.release.package.digest?.description)
        }
    }
}
