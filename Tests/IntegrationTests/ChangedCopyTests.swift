import CapsuleCore
import CapsuleTestSupport
import OCI
import Testing

/// A capsule whose manifest another tool has written anew.
@Suite("A changed copy of a capsule", .timeLimit(.minutes(1)), .needs("git"))
struct ChangedCopyTests {
    @Test("is named as that by every command, and copied with a warning")
    func named() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let tag = try OCI.Tag(shop.tag)
            let layout = try ImageLayout(path: "\(shop.directory)/release")
            var manifest = try #require(try await layout.manifest(tag)).imageManifest()
            manifest.annotations = nil
            manifest.layers[0].annotations = nil
            let memory = MemoryStore()
            let raw = try RawManifest(encoding: manifest)
            memory.add(raw)
            for child in try raw.children() {
                memory.add(try await layout.bytes(of: child, limit: child.size), mediaType: child.mediaType)
            }
            try await OCI.copy(
                raw.descriptor, from: memory, to: ImageLayout(path: "\(shop.directory)/changed", create: true), tag: tag
            )
            let words = "it is not the capsule that was published: a copy changed its manifest"
            let reference = "oci:changed:\(shop.tag)"
            let commands: [([String], Int32)] = [
                (["verify", reference, "--image", "oci:image"], 65), (["inspect", reference], 65),
                (["list", "oci:changed"], 0), (["copy", reference, "oci:again"], 0),
                (
                    [
                        "promote", reference, "--gitops", "\(shop.directory)/gitops.git", "--image", "oci:image",
                        "--stage",
                        "staging",
                    ], 65
                ),
            ]
            for (arguments, status) in commands {
                let outcome = try await shop.run(arguments)
                #expect(outcome.status == status, "\(arguments): \(outcome.output)\(outcome.errors)")
                #expect(
                    (outcome.output + outcome.errors).contains(words),
                    "\(arguments): \(outcome.output)\(outcome.errors)")
                // `list` has one line for each tag, without remedies.
                guard arguments[0] != "list" else { continue }
                #expect((outcome.output + outcome.errors).contains("--preserve-digests"), "\(arguments)")
            }
            // The capsule itself is copied without a remark.
            let sound = try await shop.run("copy", "oci:release:\(shop.tag)", "oci:sound")
            #expect(sound.status == 0 && !sound.errors.contains("changed"), "\(sound.errors)")
        }
    }
}
