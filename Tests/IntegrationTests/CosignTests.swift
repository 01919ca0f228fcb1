import Archive
import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Testing

/// The table of docs/evidence.md, cell by cell.
@Suite(
    "Signatures, with both cosigns and oras", .timeLimit(.minutes(3)),
    .needs("git", "docker-registry", "openssl", "cosign", "cosign3", "oras"))
struct CosignTests {
    @Test("cosign and OpenSSL verify what capsule signed, in both forms, and oras finds it")
    func ours() async throws {
        try await CosignStand.with { stand in
            for cosign in Cosign.allCases {
                #expect(try await stand.refusal(cosign, .manifest)?.contains("no signatures found") == true)
            }
            let signed = try await stand.capsule("sign", stand.pinned, "--key", "release.key")
            try expectSuccess(signed)
            // Another key verifies nothing, for any program.
            _ = try await stand.capsule("keys", "generate", "--to", "other")
            for cosign in Cosign.allCases {
                // cosign 2 reads a bundle as an attestation only.
                let bundle = cosign == .two ? "https://sigstore.dev/cosign/sign/v1" : nil
                #expect(try await stand.refusal(cosign, .manifest) == nil)
                #expect(try await stand.refusal(cosign, .bundle, bundle) == nil)
                #expect(try await stand.refusal(cosign, .manifest, key: "other.pub") != nil)
                #expect(try await stand.refusal(cosign, .bundle, bundle, key: "other.pub") != nil)
            }
            #expect(try await stand.verify("other.pub").status == 65)
            let found = try await stand.tool("oras", "discover", "--plain-http", stand.pinned)
            #expect(found.text.contains("application/vnd.dev.sigstore.bundle.v0.3+json"), "\(found.text)")
            let (payload, signature) = try await stand.signature()
            try writeFile("\(stand.shop.directory)/payload", payload)
            try writeFile(
                "\(stand.shop.directory)/signature", Array(try #require(Data(base64Encoded: signature))))
            let openssl = try await stand.tool(
                "openssl", "dgst", "-sha256", "-verify", "release.pub", "-signature", "signature", "payload")
            #expect(openssl.text == "Verified OK", "\(openssl.errorOutput)")
        }
    }

    @Test("capsule verifies what cosign signed in cosign's manifest and what it signed itself, side by side")
    func theirs() async throws {
        try await CosignStand.with { stand in
            for (cosign, key) in [(Cosign.two, "two"), (.three, "three")] {
                _ = try await stand.capsule("keys", "generate", "--to", key)
                try await stand.sign(cosign, .manifest, "\(key).key")
            }
            #expect(try await stand.verify().status == 65)
            // Each adds to the manifest of the others. Where there is no bundle, cosign 3 reads the manifest by itself.
            for key in ["two.pub", "three.pub"] { #expect(try await stand.refusal(.three, .bundle, key: key) == nil) }
            try expectSuccess(try await stand.capsule("sign", stand.pinned, "--key", "release.pem"))
            for key in ["two.pub", "three.pub", "release.pub"] {
                try expectSuccess(try await stand.verify(key))
                for cosign in Cosign.allCases { #expect(try await stand.refusal(cosign, .manifest, key: key) == nil) }
            }
            // Since there is a bundle, the manifest is what cosign 3 reads on demand only.
            #expect(try await stand.refusal(.three, .bundle, key: "two.pub") != nil)
        }
    }

    @Test("keys work in all programs, whichever made them")
    func keys() async throws {
        try await CosignStand.with { stand in
            try await Tool.output(
                ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "plain.pem"],
                in: stand.shop.directory)
            try expectSuccess(try await stand.capsule("keys", "import", "--key", "plain.pem", "--to", "ours"))
            let expected = try await Tool.output(
                ["openssl", "pkey", "-in", "plain.pem", "-pubout"], in: stand.shop.directory)
            for cosign in Cosign.allCases {
                let ours = try await stand.tool(cosign.rawValue, "public-key", "--key", "release.key")
                #expect(ours.output == (try readFile("\(stand.shop.directory)/release.pub")), "\(ours.errorOutput)")
                let imported = try await stand.tool(cosign.rawValue, "public-key", "--key", "ours.key")
                #expect(imported.text == expected, "\(imported.errorOutput)")
                let name = "made-by-\(cosign.rawValue)"
                try await stand.done([cosign.rawValue, "generate-key-pair", "--output-key-prefix", name])
                let theirs = try await stand.capsule("keys", "public", "--key", "\(name).key")
                #expect(Array(theirs.output.utf8) == (try readFile("\(stand.shop.directory)/\(name).pub")))
                try expectSuccess(try await stand.capsule("sign", stand.pinned, "--key", "\(name).key"))
                #expect(try await stand.refusal(cosign, .manifest, key: "\(name).pub") == nil)
            }
        }
    }

    @Test("all refuse a flipped byte and a signature of another capsule; only capsule refuses another repository's")
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
                for cosign in Cosign.allCases {
                    let refusal = try await stand.refusal(cosign, .manifest, key: "plain.pub")
                    #expect((refusal == nil) == cosigns, "\(cosign): \(name): \(refusal ?? "accepted")")
                }
                let verified = try await stand.verify("plain.pub")
                #expect(verified.status == (ours ? 0 : 65), "capsule: \(name): \(verified.output)\(verified.errors)")
            }
        }
    }
}

extension CosignStand {
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
