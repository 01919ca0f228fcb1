import Archive
import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Testing

/// The table of docs/evidence.md, cell by cell.
@Suite(
    "Signatures, with cosign and oras", .timeLimit(.minutes(3)),
    .needs("git", "docker-registry", "openssl", "cosign", "oras"))
struct CosignTests {
    @Test("cosign and OpenSSL verify what capsule signed, and oras finds it")
    func ours() async throws {
        try await CosignStand.with { stand in
            #expect(try await stand.cosignVerify().status != 0)
            let signed = try await stand.capsule("sign", stand.pinned, "--key", "release.key")
            try expectSuccess(signed)
            let verified = try await stand.cosignVerify()
            #expect(verified.status == 0, "\(verified.errorOutput)")
            let bundle = try await stand.cosignVerifyBundle()
            #expect(bundle.status == 0, "\(bundle.errorOutput)")
            let found = try await stand.tool("oras", "discover", "--plain-http", stand.pinned)
            #expect(found.text.contains("application/vnd.dev.sigstore.bundle.v0.3+json"), "\(found.text)")
            let (payload, signature) = try await stand.signature()
            try writeFile("\(stand.shop.directory)/payload", payload)
            try writeFile(
                "\(stand.shop.directory)/signature", Array(try #require(Data(base64Encoded: signature))))
            let openssl = try await stand.tool(
                "openssl", "dgst", "-sha256", "-verify", "release.pub", "-signature", "signature", "payload")
            #expect(openssl.text == "Verified OK", "\(openssl.errorOutput)")
            // Another key verifies nothing, for either program.
            _ = try await stand.capsule("keys", "generate", "--to", "other")
            #expect(try await stand.cosignVerify("other.pub").status != 0)
            #expect(try await stand.cosignVerifyBundle("other.pub").status != 0)
            #expect(try await stand.verify("other.pub").status == 65)
        }
    }

    @Test("capsule verifies what cosign signed and what it signed itself, side by side")
    func theirs() async throws {
        try await CosignStand.with { stand in
            #expect(try await stand.tool("cosign", "generate-key-pair").status == 0)
            let signed = try await stand.cosignSign("cosign.key")
            #expect(signed.status == 0, "\(signed.errorOutput)")
            let verified = try await stand.verify("cosign.pub")
            try expectSuccess(verified)
            #expect(try await stand.verify().status == 65)
            // Each adds to the other's manifest of signatures.
            try expectSuccess(try await stand.capsule("sign", stand.pinned, "--key", "release.key"))
            _ = try await stand.capsule("keys", "generate", "--to", "third")
            #expect(try await stand.cosignSign("third.key").status == 0)
            for key in ["cosign.pub", "release.pub", "third.pub"] {
                let ours = try await stand.verify(key)
                try expectSuccess(ours)
                let cosigns = try await stand.cosignVerify(key)
                #expect(cosigns.status == 0, "\(key): \(cosigns.errorOutput)")
            }
        }
    }

    @Test("keys work in both programs, whichever made them")
    func keys() async throws {
        try await CosignStand.with { stand in
            #expect(try await stand.tool("cosign", "generate-key-pair").status == 0)
            let ours = try await stand.tool("cosign", "public-key", "--key", "release.key")
            #expect(ours.output == (try readFile("\(stand.shop.directory)/release.pub")), "\(ours.errorOutput)")
            let theirs = try await stand.capsule("keys", "public", "--key", "cosign.key")
            #expect(Array(theirs.output.utf8) == (try readFile("\(stand.shop.directory)/cosign.pub")))
            try expectSuccess(try await stand.capsule("sign", stand.pinned, "--key", "cosign.key"))
            #expect(try await stand.cosignVerify("cosign.pub").status == 0)
            try await Tool.output(
                ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "plain.pem"],
                in: stand.shop.directory)
            try expectSuccess(try await stand.capsule("keys", "import", "--key", "plain.pem", "--to", "ours"))
            let imported = try await stand.tool("cosign", "public-key", "--key", "ours.key")
            let expected = try await Tool.output(
                ["openssl", "pkey", "-in", "plain.pem", "-pubout"], in: stand.shop.directory)
            #expect(imported.text == expected, "\(imported.errorOutput)")
        }
    }

    @Test("both refuse a flipped byte and a signature of another capsule; only capsule refuses another repository's")
    func tampered() async throws {
        try await CosignStand.with { stand in
            let good =
                #"{"critical":{"identity":{"docker-reference":"\#(stand.repository)"},"image":{"docker-manifest-digest":"\#(stand.digest)"},"type":"cosign container image signature"},"optional":null}"#
            let otherDigest = good.replacing(stand.hex, with: String(repeating: "a", count: 64))
            let otherRepository = good.replacing(stand.repository, with: "registry.example.com/shop/other")
            let flipped = good.replacing("optional", with: "optionaL")
            // The name, what is signed, what is attached, whether cosign takes it, and whether capsule does.
            let cases: [(String, String, String, Bool, Bool)] = [
                ("sound", good, good, true, true), ("flipped byte", good, flipped, false, false),
                ("other digest", otherDigest, otherDigest, false, false),
                ("other repository", otherRepository, otherRepository, true, false),
            ]
            try await Tool.output(
                ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "plain.pem"],
                in: stand.shop.directory)
            try await Tool.output(
                ["openssl", "pkey", "-in", "plain.pem", "-pubout", "-out", "plain.pub"], in: stand.shop.directory)
            for (name, signed, attached, cosigns, ours) in cases {
                try writeFile("\(stand.shop.directory)/signed", signed)
                try await Tool.output(
                    ["openssl", "dgst", "-sha256", "-sign", "plain.pem", "-out", "raw", "signed"],
                    in: stand.shop.directory)
                let signature = Data(try readFile("\(stand.shop.directory)/raw")).base64EncodedString()
                try await stand.replaceSignatures(Array(attached.utf8), signature)
                #expect((try await stand.cosignVerify("plain.pub").status == 0) == cosigns, "cosign: \(name)")
                let verified = try await stand.verify("plain.pub")
                #expect(verified.status == (ours ? 0 : 65), "capsule: \(name): \(verified.output)\(verified.errors)")
            }
        }
    }
}

extension CosignStand {
    fileprivate func cosignVerify(_ key: String = "release.pub") async throws -> CommandResult {
        try await tool(
            "cosign", "verify", "--key", key, "--insecure-ignore-tlog=true", "--allow-http-registry", pinned)
    }

    /// cosign reads the bundle as an attestation; the empty root of trust keeps it off the network.
    fileprivate func cosignVerifyBundle(_ key: String = "release.pub") async throws -> CommandResult {
        _ = try await tool("cosign", "trusted-root", "create", "--out", "root.json")
        return try await tool(
            "cosign", "verify-attestation", "--new-bundle-format", "--trusted-root", "root.json", "--key", key,
            "--insecure-ignore-tlog=true", "--allow-http-registry", "--type",
            "https://sigstore.dev/cosign/sign/v1", pinned)
    }

    fileprivate func cosignSign(_ key: String, _ options: String...) async throws -> CommandResult {
        try await tool(
            ["cosign", "sign", "--key", key, "--tlog-upload=false", "--allow-http-registry", "-y"] + options
                + [pinned])
    }

    fileprivate func verify(_ key: String = "release.pub", _ options: String...) async throws -> CapsuleProgram.Outcome
    {
        try await shop.run(["verify", pinned, "--image", "oci:image", "--key", key] + options)
    }

    fileprivate func blob(_ digest: String) async throws -> [UInt8] {
        try await tool("oras", "blob", "fetch", "--plain-http", "\(repository)@\(digest)", "--output", "-").output
    }

    /// cosign's manifest of signatures, and its first layer.
    fileprivate func signature() async throws -> (payload: [UInt8], signature: String) {
        let manifest = try await tool(
            "oras", "manifest", "fetch", "--plain-http", "\(repository):sha256-\(hex).sig")
        let image = try JSONDecoder().decode(ImageManifest.self, from: Data(manifest.output))
        let layer = try #require(image.layers.first)
        return (
            try await blob("\(layer.digest)"),
            try #require(layer.annotations?["dev.cosignproject.cosign/signature"])
        )
    }

    /// Puts one payload and signature in the place of all that are there, with oras.
    fileprivate func replaceSignatures(_ payload: [UInt8], _ signature: String) async throws {
        try writeFile("\(shop.directory)/payload.json", payload)
        try writeFile("\(shop.directory)/config.json", "{}")
        let layer = Descriptor(
            mediaType: "application/vnd.dev.cosign.simplesigning.v1+json", content: payload,
            annotations: ["dev.cosignproject.cosign/signature": signature])
        let config = Descriptor(
            mediaType: "application/vnd.oci.image.config.v1+json", content: Array("{}".utf8))
        let manifest = try RawManifest(encoding: ImageManifest(config: config, layers: [layer]))
        try writeFile("\(shop.directory)/manifest.json", manifest.bytes)
        for (file, digest) in [("payload.json", layer.digest), ("config.json", config.digest)] {
            let pushed = try await tool(
                "oras", "blob", "push", "--plain-http", "\(repository)@\(digest)", file)
            #expect(pushed.status == 0, "\(pushed.errorOutput)")
        }
        let pushed = try await tool(
            "oras", "manifest", "push", "--plain-http", "\(repository):sha256-\(hex).sig", "manifest.json")
        #expect(pushed.status == 0, "\(pushed.errorOutput)")
    }
}
