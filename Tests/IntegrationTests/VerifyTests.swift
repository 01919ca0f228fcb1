import Archive
import CapsuleTestSupport
import GitOps
import OCI
import Testing

@Suite("capsule verify and unpack", .timeLimit(.minutes(2)), .needs("git"))
struct VerifyTests {
    @Test("prints every check as text and as JSON")
    func verified() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let text = try await shop.run("verify", "oci:release:\(shop.tag)", "--image", "oci:image")
            try expectSuccess(text)
            try expectGolden(text.output, "verify.txt")
            let json = try await shop.run(
                "verify", "oci:release:\(shop.tag)", "--image", "oci:image", "--output", "json")
            try expectGolden(json.output, "verify.json")
        }
    }

    @Test("rejects with 65 and says why, on stdout, where the answer belongs")
    func rejected() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let digest = "sha256:\(String(repeating: "0", count: 64))"
            let text = try await shop.run("verify", "oci:release:\(shop.tag)", "--image-digest", digest)
            #expect(text.status == 65)
            try expectGolden(text.output, "verify-rejected.txt")
            let json = try await shop.run(
                "verify", "oci:release:\(shop.tag)", "--image-digest", digest, "--output", "json")
            #expect(json.status == 65)
            #expect(json.output.contains(#""ok" : false"#))
        }
    }

    @Test("rejects a capsule of which one byte was changed")
    func altered() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try shop.alterLayer("release")
            let outcome = try await shop.run("verify", "oci:release:\(shop.tag)", "--image", "oci:image")
            #expect(outcome.status == 65)
            #expect(outcome.output.contains("✗ capsule.layer"), "\(outcome.output)")
            let unpacked = try await shop.run(
                "unpack", "oci:release:\(shop.tag)", "--image", "oci:image", "--to", "out", "--output", "json")
            #expect(unpacked.status == 65)
            #expect(unpacked.output.contains(#""code" : "rejected""#))
            #expect(!listTree(shop.directory).contains { $0 == "out" || $0.contains("partial") })
        }
    }

    @Test("rejects a capsule under another tag than a release identity, and one whose image is not there")
    func pair() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            _ = try await shop.run("copy", "oci:release:\(shop.tag)", "oci:other:latest")
            let latest = try await shop.run("verify", "oci:other:latest", "--image", "oci:image")
            #expect(latest.status == 65)
            #expect(latest.output.contains("✗ identity.pair"), "\(latest.output)")
            try Shop(directory: "\(shop.directory)/elsewhere", commit: shop.commit).writeImage(tag: "git-other")
            let missing = try await shop.run("verify", "oci:release:\(shop.tag)", "--image", "oci:elsewhere/image")
            #expect(missing.status == 65)
            #expect(missing.output.contains("✗ image.digest"), "\(missing.output)")
        }
    }

    @Test("unpacks into a new directory, and never into one that exists")
    func unpack() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let arguments = ["unpack", "oci:release:\(shop.tag)", "--image", "oci:image", "--to", "out"]
            let first = try await shop.run(arguments)
            try expectSuccess(first)
            #expect(first.output == "out\n")
            #expect(listTree("\(shop.directory)/out").contains("package/kustomize/base/deployment.yaml"))
            let again = try await shop.run(arguments)
            #expect(again.status == 1)
            #expect(again.errors.contains("out exists and is left as it is"))
            let json = try await shop.run(Array(arguments.dropLast()) + ["out2", "--output", "json"])
            try expectGolden(json.output, "unpack.json")
            let readOnly = try await shop.run(Array(arguments.dropLast()) + ["/proc/x"])
            #expect(readOnly.status == 1)
            #expect(readOnly.errors.contains("/proc/"))
        }
    }

    @Test(
        "takes only full release identities, and says what one is",
        arguments: ["git-0cc4cd8", "git-HEAD", "v1.4.0", "0cc4cd8", "main", "oci:release"])
    func identities(_ text: String) async throws {
        let outcome = try await CapsuleProgram.run(["verify", text])
        #expect(outcome.status == 64, "\(outcome.errors)")
        #expect(
            outcome.errors.contains(text == "oci:release" ? "git-<commit>" : "git- and the full 40"),
            "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }

    @Test("says 69, not 65, when a registry cannot be asked")
    func unavailable() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            // Nothing listens on the discard port.
            let outcome = try await shop.run(
                "verify", "oci:release:\(shop.tag)", "--image", "127.0.0.1:9/shop/web", "--output", "json")
            #expect(outcome.status == 69, "\(outcome.errors)")
            #expect(outcome.output.contains(#""code" : "unavailable""#))
        }
    }
}

extension Shop {
    /// Changes one byte in the middle of the largest blob of a layout: the layer.
    func alterLayer(_ layout: String) throws {
        let blobs = "\(directory)/\(layout)/blobs/sha256"
        let largest = try listTree(blobs).map { ("\(blobs)/\($0)", try readFile("\(blobs)/\($0)")) }
            .max { $0.1.count < $1.1.count }
        guard let (path, content) = largest else { return }
        var bytes = content
        bytes[bytes.count / 2] ^= 0x20
        try writeFile(path, bytes)
    }
}
