import Archive
import CapsuleTestSupport
import OCI
import Processes
import Testing

/// What docs/format.md says about other programs, with crane, which checks images more strictly than skopeo.
@Suite("A capsule in a registry, to crane", .timeLimit(.minutes(2)), .needs("git", "docker-registry", "crane"))
struct CraneTests {
    /// A release in the shared registry.
    private struct Stand {
        let shop: Shop
        let registry: DockerRegistry
        let digest: String
        func reference(_ name: String = "shop/release") -> String { "\(registry.repository(name)):\(shop.tag)" }

        static func with(_ body: @Sendable (Stand) async throws -> Void) async throws {
            try await withSharedRegistry { registry in
                try await Shop.with { shop in
                    _ = try await shop.build()
                    let release = "\(registry.repository("shop/release")):\(shop.tag)"
                    let copied = try await shop.run("copy", "oci:release:\(shop.tag)", release)
                    let digest = try #require(copied.line.split(separator: "@").last.map(String.init))
                    try await body(Stand(shop: shop, registry: registry, digest: digest))
                }
            }
        }

        /// Runs another program, which must succeed.
        @discardableResult
        func run(_ arguments: String...) async throws -> String {
            try await Tool.output(arguments, in: shop.directory)
        }

        /// `capsule verify`
        func verify(_ reference: String) async throws -> CapsuleProgram.Outcome {
            try await shop.run("verify", reference, "--image", "oci:image")
        }
    }

    @Test("is a valid image, and is the same capsule after crane copied, pulled or pushed it")
    func copies() async throws {
        try await Stand.with { stand in
            #expect(try await stand.run("crane", "validate", "--remote", stand.reference()).contains("PASS"))
            #expect(try await stand.run("crane", "digest", stand.reference()) == stand.digest)
            let manifest = try await Tool.run(["crane", "manifest", stand.reference()]).output
            #expect("\(Digest.sha256(of: manifest))" == stand.digest)
            let files = try await stand.run("sh", "-c", "crane export \(stand.reference()) - | tar t")
            #expect(files.contains("release.yaml") && files.contains("metadata/sbom.json"), "\(files)")

            try await stand.run("crane", "copy", stand.reference(), stand.reference("crane/copied"))
            // Without --annotate-ref the layout has no tag; with it, the tag is the whole reference.
            try await stand.run("crane", "pull", "--format", "oci", stand.reference(), "pulled")
            try await stand.run("crane", "push", "pulled", stand.reference("crane/pushed"))
            let pinned = "oci:pulled@\(stand.digest)"
            for place in [stand.reference("crane/copied"), stand.reference("crane/pushed"), pinned] {
                try expectSuccess(try await stand.verify(place))
            }
        }
    }

    @Test("is recognized when crane changed it, or skopeo in a registry, and not taken for the capsule")
    func changed() async throws {
        try await Stand.with { stand in
            let from = stand.reference()
            try await stand.run("crane", "pull", from, "saved.tar")
            #expect(try await stand.run("crane", "validate", "--tarball", "saved.tar").contains("PASS"))
            let changes: [(String, [String])] = [
                ("annotated", ["crane", "mutate", from, "--annotation", "a=b", "-t"]),
                ("labelled", ["crane", "mutate", from, "--label", "a=b", "-t"]),
                ("rewritten", ["crane", "mutate", from, "-t"]), ("flattened", ["crane", "flatten", from, "-t"]),
                ("saved", ["crane", "push", "saved.tar"]),
            ]
            var names = changes.map(\.0)
            for (name, change) in changes {
                try await Tool.output(change + [stand.reference(name)], in: stand.shop.directory)
            }
            if Tool.exists("skopeo") {
                names.append("converted")
                try await stand.run(
                    "skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false",
                    "--format", "v2s2", "docker://\(from)", "docker://\(stand.reference("converted"))")
            }
            let words = "it is not the capsule that was published: a copy changed its manifest"
            for name in names {
                #expect(try await stand.run("crane", "digest", stand.reference(name)) != stand.digest, "\(name)")
                let verified = try await stand.verify(stand.reference(name))
                #expect(verified.status == 65 && verified.output.contains(words), "\(name): \(verified.output)")
                // The one thing to do, and nothing that another finding about the same change would say.
                #expect(!verified.output.contains("capsule publish"), "\(name): \(verified.output)")
            }
        }
    }

    @Test("another artifact of the same files is not a valid image to crane", .needs("oras"))
    func control() async throws {
        try await Stand.with { stand in
            try writeFile("\(stand.shop.directory)/capsule.tgz", "content")
            let place = stand.reference("artifact")
            try await stand.run(
                "oras", "push", "--plain-http", place, "capsule.tgz:application/vnd.oci.image.layer.v1.tar+gzip")
            let refused = try await Tool.run(["crane", "validate", "--remote", place])
            #expect(refused.status != 0, "\(refused.text)")
        }
    }
}
