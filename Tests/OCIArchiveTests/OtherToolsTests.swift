import Archive
import CapsuleTestSupport
import OCI
import OCIArchive
import Processes
import Testing

@Suite("Archives between us and other programs")
struct OtherToolsTests {
    @Test("skopeo reads what we write", .enabled(if: Tool.exists("skopeo")))
    func skopeoReads() async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            try await withNewImageArchive("\(directory)/release.tar") {
                try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
            }
            try await Tool.output([
                "skopeo", "--insecure-policy", "--tmpdir", directory, "copy", "--preserve-digests",
                "oci-archive:\(directory)/release.tar:\(sample.tag)", "oci:\(directory)/layout:copied",
            ])
            let layout = try ImageLayout(path: "\(directory)/layout")
            #expect(try await layout.resolve(Tag("copied"))?.digest == sample.image.digest)
            #expect(try await layout.bytes(of: sample.layer, limit: 1 << 20) == sample.layerBytes)
        }
    }

    @Test("we read what skopeo writes", .enabled(if: Tool.exists("skopeo")))
    func skopeoWrites() async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            let layout = try ImageLayout(path: "\(directory)/layout", create: true)
            try await copy(sample.image, from: sample.store, to: layout, tag: sample.tag)
            try await Tool.output([
                "skopeo", "--insecure-policy", "--tmpdir", directory, "copy", "--preserve-digests",
                "oci:\(directory)/layout:\(sample.tag)", "oci-archive:\(directory)/release.tar:\(sample.tag)",
            ])
            let archive = try ImageArchive(path: "\(directory)/release.tar")
            #expect(try await archive.resolve(sample.tag)?.digest == sample.image.digest)
            #expect(try await archive.bytes(of: sample.layer, limit: 1 << 20) == sample.layerBytes)
        }
    }

    @Test(
        "we read a layout that a tar program packed",
        arguments: [
            ["tar", "-cf"], ["tar", "--format=gnu", "-cf"], ["tar", "--format=pax", "-cf"],
            ["tar", "--format=ustar", "-cf"], ["tar", "--format=v7", "-cf"], ["bsdtar", "-cf"],
            ["bsdtar", "--format=pax", "-cf"], ["bsdtar", "--format=gnutar", "-cf"],
            ["python3", "-m", "tarfile", "-c"],
        ].filter { Tool.exists($0[0]) })
    func packed(_ command: [String]) async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            let layout = try ImageLayout(path: "\(directory)/layout", create: true)
            try await copy(sample.image, from: sample.store, to: layout, tag: sample.tag)
            try await Tool.output(command + ["\(directory)/release.tar", "."], in: "\(directory)/layout")
            let archive = try ImageArchive(path: "\(directory)/release.tar")
            #expect(try await archive.resolve(sample.tag)?.digest == sample.image.digest)
            #expect(try await archive.referrers(of: sample.image.digest).count == 1)
            #expect(try await archive.bytes(of: sample.layer, limit: 1 << 20) == sample.layerBytes)
        }
    }

    @Test("tar programs list what we write without a complaint", arguments: ["tar", "bsdtar"].filter(Tool.exists))
    func listed(_ program: String) async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            try await withNewImageArchive("\(directory)/release.tar") {
                try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
            }
            let result = try await Tool.run([program, "-tf", "\(directory)/release.tar"])
            #expect(result.succeeded && result.errorOutput.isEmpty)
            let names = result.text.split(separator: "\n").map(String.init)
            #expect(names.prefix(4) == ["oci-layout", "index.json", "blobs/", "blobs/sha256/"])
            #expect(names.dropFirst(4).contains("blobs/sha256/\(sample.layer.digest.hex)"))
        }
    }
}
