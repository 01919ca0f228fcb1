import CapsuleTestSupport
import OCI
import Processes
import Testing

@Suite("Layouts and skopeo", .needs("skopeo"), .timeLimit(.minutes(1)))
struct SkopeoTests {
    /// An index of two images, as a build for two platforms makes it.
    static func index(in memory: MemoryStore) throws -> RawManifest {
        let manifests = try ["amd64", "arm64"].map { architecture in
            let config = memory.add(
                Array(
                    #"{"architecture":"\#(architecture)","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8),
                mediaType: "application/vnd.oci.image.config.v1+json")
            var descriptor = memory.add(try RawManifest(encoding: ImageManifest(config: config, layers: [])))
            descriptor.platform = Platform(architecture: architecture, os: "linux")
            return descriptor
        }
        return try RawManifest(encoding: ImageIndex(manifests: manifests))
    }

    @Test("skopeo reads what we wrote, and we read what skopeo wrote")
    func bothWays() async throws {
        try await withTemporaryDirectory { directory in
            let ours = try ImageLayout(path: "\(directory)/ours", create: true)
            let artifact = try await ImageLayoutTests.put("a", into: ours)
            let raw = try await Tool.run(["skopeo", "inspect", "--raw", "oci:\(ours.path):v1"])
            #expect(raw.output == artifact.manifest.bytes)

            try await Tool.output([
                "skopeo", "--insecure-policy", "copy", "oci:\(ours.path):v1", "oci:\(directory)/theirs:v2",
            ])
            let theirs = try ImageLayout(path: "\(directory)/theirs")
            let tag = try Tag("v2")
            #expect(try await theirs.tags() == [tag])
            let descriptor = try #require(try await theirs.resolve(tag))
            #expect(descriptor == artifact.descriptor.target)
            #expect(try await theirs.readAll(descriptor) == 4)

            // Each goes on in what the other began.
            try await copy(descriptor, from: ours, to: theirs, tag: try Tag("v3"))
            try await Tool.output([
                "skopeo", "--insecure-policy", "copy", "oci:\(theirs.path):v3", "oci:\(theirs.path):v4",
            ])
            #expect(try await theirs.tags() == [tag, try Tag("v3"), try Tag("v4")])
        }
    }

    @Test("skopeo reads an index for two platforms, and one that has no tag")
    func platforms() async throws {
        try await withTemporaryDirectory { directory in
            let memory = MemoryStore()
            let index = try Self.index(in: memory)
            memory.add(index)
            let ours = try ImageLayout(path: "\(directory)/ours", create: true)
            try await copy(index.descriptor, from: memory, to: ours, tag: nil)
            try await Tool.output([
                "skopeo", "--insecure-policy", "copy", "--all", "oci:\(ours.path)", "oci:\(directory)/theirs:v1",
            ])
            let theirs = try ImageLayout(path: "\(directory)/theirs")
            #expect(try await theirs.resolve(Tag("v1")) == index.descriptor.target)
            #expect(try await theirs.readAll(index.descriptor) == 5)
            let inspected = try await Tool.output([
                "skopeo", "--override-arch", "arm64", "inspect", "--config", "--raw", "oci:\(theirs.path):v1",
            ])
            #expect(inspected.contains("arm64"))
        }
    }
}
