import Archive
import CapsuleCore
import CapsuleTestSupport
import OCI
import ReleaseTestSupport
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
