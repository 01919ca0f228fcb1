import Archive
import CapsuleCore
import CapsuleTestSupport
import CapsuleTrust
import DeliveryConfiguration
import FoundationEssentials
import Logging
import OCI
import OCIRegistry
import Processes
import Signing
import Support
import Testing

/// The rows of attestations in the table of docs/evidence.md.
@Suite(
    "Attestations, with both cosigns and oras", .timeLimit(.minutes(3)),
    .needs("git", "docker-registry", "openssl", "cosign", "cosign3", "oras"))
struct CosignAttestationTests {
    private func withStand(_ body: @Sendable (CosignStand) async throws -> Void) async throws {
        try await CosignStand.with { stand in
            _ = try await stand.capsule(
                "unpack", "oci:release:\(stand.shop.tag)", "--image", "oci:image", "--to", "out")
            try await body(stand)
        }
    }

    @Test("cosign verifies what capsule attested, by its type, and oras finds it")
    func ours() async throws {
        try await withStand { stand in
            for arguments in [["--provenance"], ["--sbom", "out/metadata/sbom.json"], ["--verified", "staging"]] {
                let attested = try await stand.shop.run(
                    ["attest", stand.pinned, "--key", "release.key"] + arguments, environment: CosignStand.password)
                try expectSuccess(attested)
            }
            for (type, kind) in [
                ("slsaprovenance1", .provenance(.init())), ("https://spdx.dev/Document", .sbom),
                ("https://release-capsule.io/verification/v1", .verified(stage: "staging")),
            ] as [(String, AttestationRequirement.Kind)] {
                for cosign in Cosign.allCases { #expect(try await stand.refusal(cosign, .bundle, type) == nil) }
                let ours = try await stand.check(kind)
                #expect(ours.status == .pass, "\(ours.reason ?? "")")
            }
            // Another type than those, and another key.
            _ = try await stand.capsule("keys", "generate", "--to", "other")
            for cosign in Cosign.allCases {
                #expect(try await stand.refusal(cosign, .bundle, "cyclonedx") != nil)
                #expect(try await stand.refusal(cosign, .bundle, "slsaprovenance1", key: "other.pub") != nil)
            }
            #expect(try await stand.check(.provenance(.init()), key: "other.pub").status == .fail)
            let found = try await stand.tool(["oras", "discover", "--plain-http", "--format", "json", stand.pinned])
            let types = found.text.ranges(of: "dev.sigstore.bundle.predicateType").count
            #expect(types == 3, "\(found.text)")
        }
    }

    @Test("oras cp -r and capsule copy carry the same graph, promotion statements included")
    func copies() async throws {
        try await withStand { stand in
            try expectSuccess(try await stand.capsule("sign", stand.pinned, "--key", "release.pem"))
            try expectSuccess(try await stand.capsule("attest", stand.pinned, "--key", "release.pem", "--provenance"))
            let promoted = try await stand.capsule(
                "promote", "\(stand.repository):\(stand.shop.tag)", "--gitops", "gitops.git", "--image", "oci:image",
                "--stage", "staging", "--attest-key", "release.pem", "--repository", stand.repository)
            try expectSuccess(promoted)
            func graph(_ repository: String) async throws -> [String] {
                let found = try await stand.tool(
                    ["oras", "discover", "--plain-http", "--format", "json", "\(repository)@\(stand.digest)"])
                return found.text.matches(of: /"digest": "(sha256:[0-9a-f]{64})"/).map { String($0.output.1) }.sorted()
            }
            let here = try await graph(stand.repository)
            #expect(here.count >= 3, "\(here)")
            let theirs = stand.repository.replacing("shop/release", with: "oras/release")
            let copied = try await stand.tool(
                [
                    "oras", "cp", "-r", "--from-plain-http", "--to-plain-http",
                    "\(stand.repository):\(stand.shop.tag)", "\(theirs):\(stand.shop.tag)",
                ])
            #expect(copied.status == 0, "\(copied.errorOutput)")
            let ours = stand.repository.replacing("shop/release", with: "ours/release")
            let own = try await stand.capsule("copy", "\(stand.repository):\(stand.shop.tag)", ours)
            try expectSuccess(own)
            #expect(try await graph(theirs) == here)
            #expect(try await graph(ours) == here)
            for place in [theirs, ours] {
                let verified = try await stand.capsule(
                    "verify", "\(place):\(stand.shop.tag)", "--image", "oci:image", "--key", "release.pub",
                    "--repository", stand.repository)
                try expectSuccess(verified)
                let status = try await stand.capsule(
                    "status", "--registry", place, "--key", "release.pub", "--repository", stand.repository)
                #expect(status.output.hasPrefix("staging  \(stand.shop.tag)"), "\(status.output)\(status.errors)")
            }
        }
    }

    @Test("capsule verifies what cosign attested, in both of its forms")
    func theirs() async throws {
        try await withStand { stand in
            _ = try await stand.capsule("keys", "generate", "--to", "cosign")
            let provenance = #"""
                {"buildDefinition":{"buildType":"https://actions.github.io/buildtypes/workflow/v1","externalParameters":
                {"workflow":{"ref":"refs/heads/main","repository":"https://github.com/o/r","path":"a.yml"}},
                "internalParameters":{},"resolvedDependencies":[]},"runDetails":{"builder":{"id":"https://github.com/o/r"},
                "metadata":{"invocationId":"1"}}}
                """#
            try writeFile("\(stand.shop.directory)/provenance.json", provenance)
            for (cosign, form) in [
                (Cosign.two, Cosign.Form.manifest), (.three, .manifest), (.two, .bundle), (.three, .bundle),
            ] {
                try await stand.attest(cosign, form, "slsaprovenance1", "provenance.json", "cosign.key")
                try await stand.attest(cosign, form, "spdxjson", "out/metadata/sbom.json", "cosign.key")
                for reader in Cosign.allCases {
                    #expect(try await stand.refusal(reader, form, "slsaprovenance1", key: "cosign.pub") == nil)
                }
                let wanted = ProvenanceRequirement(
                    builder: "https://github.com/o/r", source: "https://github.com/o/r", workflow: "a.yml",
                    ref: "refs/heads/main")
                for kind in [.provenance(wanted), .sbom] as [AttestationRequirement.Kind] {
                    let check = try await stand.check(kind, key: "cosign.pub")
                    #expect(check.status == .pass, "\(cosign), \(form): \(check.reason ?? "")")
                    #expect(try await stand.check(kind).status == .fail)
                    let elsewhere = try await stand.check(
                        kind, key: "cosign.pub", repository: "registry.example.com/shop/other")
                    #expect(elsewhere.reason?.contains("was made for") == true, "\(elsewhere.reason ?? "passed")")
                }
                let other = try await stand.check(.promoted(stage: "staging"), key: "cosign.pub")
                #expect(other.reason?.contains("what is there attests something else") == true)
                // Only what one program wrote, in one form.
                let tag = "\(stand.repository):sha256-\(stand.hex)" + (form == .manifest ? ".att" : "")
                try await stand.done(["oras", "manifest", "delete", "--plain-http", "-f", tag])
            }
        }
    }

    @Test("all refuse a flipped byte, another digest and lax DER; only capsule refuses another repository's")
    func tampered() async throws {
        try await withStand { stand in
            let key = SigningKey()
            try writeFile("\(stand.shop.directory)/plain.pub", key.verificationKey.pem)
            let predicate = #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}"#
            let good =
                #"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"\#(stand.repository)","digest":{"sha256":"\#(stand.hex)"}}],"predicateType":"https://spdx.dev/Document","predicate":\#(predicate)}"#
            let otherDigest = good.replacing(stand.hex, with: String(repeating: "a", count: 64))
            let otherRepository = good.replacing(stand.repository, with: "registry.example.com/shop/other")
            // What is signed, what is attached, how the signature is changed, whether cosign takes it, and whether capsule does.
            let cases: [(String, String, String, ([UInt8]) -> [UInt8], Bool, Bool)] = [
                ("sound", good, good, { $0 }, true, true),
                ("flipped byte", good, good.replacing("SPDX-2.3", with: "SPDX-2.2"), { $0 }, false, false),
                ("other digest", otherDigest, otherDigest, { $0 }, false, false),
                ("other repository", otherRepository, otherRepository, { $0 }, true, false),
                ("trailing byte", good, good, { $0 + [0] }, false, false),
                ("zero", good, good, { _ in [0x30, 6, 2, 1, 0, 2, 1, 0] }, false, false),
            ]
            for (name, signed, attached, change, cosigns, ours) in cases {
                let signature = change(key.signature(over: pae(signed)))
                try await stand.attach(attached, signature)
                for cosign in Cosign.allCases {
                    let refusal = try await stand.refusal(
                        cosign, .manifest, "https://spdx.dev/Document", key: "plain.pub")
                    #expect((refusal == nil) == cosigns, "\(cosign): \(name): \(refusal ?? "accepted")")
                }
                let check = try await stand.check(.sbom, key: "plain.pub")
                #expect((check.status == .pass) == ours, "capsule: \(name): \(check.reason ?? "passed")")
            }
        }
    }

    func pae(_ payload: String) -> [UInt8] {
        Array("DSSEv1 28 application/vnd.in-toto+json \(payload.utf8.count) \(payload)".utf8)
    }

    @Test(
        "our envelope is DSSE to securesystemslib, and our statement in-toto's and SPDX's own libraries' kind",
        .enabled("needs securesystemslib, in-toto-attestation and spdx-tools: run scripts/bootstrap test") {
            await Validators.exist
        })
    func validators() async throws {
        try await withStand { stand in
            for arguments in [["--provenance"], ["--sbom", "out/metadata/sbom.json"]] {
                let attested = try await stand.shop.run(
                    ["attest", stand.pinned, "--key", "release.pem"] + arguments)
                try expectSuccess(attested)
            }
            let found = try await stand.capsule("inspect", stand.pinned, "--output", "json")
            #expect(found.status == 0)
            for (index, digest) in try await stand.bundles().enumerated() {
                let bundle = try await stand.tool(
                    ["oras", "blob", "fetch", "--plain-http", "\(stand.repository)@\(digest)", "--output", "-"])
                try writeFile("\(stand.shop.directory)/bundle\(index).json", bundle.output)
            }
            let complaint = try await Tool.output(
                [Validators.program, "-c", Validators.script, "release.pub", "bundle0.json", "bundle1.json"],
                in: stand.shop.directory)
            #expect(complaint == "")
        }
    }
}

extension CosignStand {
    /// Puts one envelope in the place of all that are under cosign's tag, with oras.
    func attach(_ payload: String, _ signature: [UInt8]) async throws {
        let envelope = Array(
            (#"{"payloadType":"application/vnd.in-toto+json","payload":"\#(Data(payload.utf8).base64EncodedString())","#
                + #""signatures":[{"keyid":"","sig":"\#(Data(signature).base64EncodedString())"}]}"#).utf8)
        let layer = Descriptor(
            mediaType: "application/vnd.dsse.envelope.v1+json", content: envelope,
            annotations: [
                "dev.cosignproject.cosign/signature": "", "predicateType": "https://spdx.dev/Document",
            ])
        let config = Descriptor(mediaType: "application/vnd.oci.image.config.v1+json", content: Array("{}".utf8))
        let manifest = try RawManifest(encoding: ImageManifest(config: config, layers: [layer]))
        for (file, bytes, digest) in [
            ("envelope.json", envelope, layer.digest), ("config.json", Array("{}".utf8), config.digest),
        ] {
            try writeFile("\(shop.directory)/\(file)", bytes)
            let pushed = try await tool(["oras", "blob", "push", "--plain-http", "\(repository)@\(digest)", file])
            #expect(pushed.status == 0, "\(pushed.errorOutput)")
        }
        try writeFile("\(shop.directory)/manifest.json", manifest.bytes)
        let pushed = try await tool(
            ["oras", "manifest", "push", "--plain-http", "\(repository):sha256-\(hex).att", "manifest.json"])
        #expect(pushed.status == 0, "\(pushed.errorOutput)")
    }

    /// The digests of the bundles that refer to the capsule.
    func bundles() async throws -> [Digest] {
        let configuration = RegistryConfiguration(logger: Logger.silent)
        return try await withRegistryClient(configuration) { client in
            let source = try client.repository(Repository(repository))
            var digests: [Digest] = []
            for referrer in try await source.referrers(of: Digest(digest)) {
                digests.append(try await source.manifest(referrer.target).imageManifest().layers[0].digest)
            }
            return digests
        }
    }
}

/// Other people's validators, where `$CAPSULE_TEST_PYTHON` (or `python3`) has them.
private enum Validators {
    static let program = ProcessInfo.processInfo.environment["CAPSULE_TEST_PYTHON"] ?? "python3"

    static var exist: Bool {
        get async {
            await Tool.hasModules(
                "securesystemslib", "cryptography", "in_toto_attestation", "spdx_tools", python: program)
        }
    }

    static let script = """
        import base64, json, sys
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
        from google.protobuf import json_format
        from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
        from in_toto_attestation.v1 import statement, statement_pb2
        from securesystemslib.dsse import Envelope
        from securesystemslib.signer import SSlibKey
        from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
        from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
        key = SSlibKey.from_crypto(load_pem_public_key(open(sys.argv[1], "rb").read()))
        kinds = set()
        for path in sys.argv[2:]:
            bundle = json.load(open(path))
            dsse = bundle["dsseEnvelope"]
            dsse["signatures"][0]["keyid"] = key.keyid
            envelope = Envelope.from_dict(dsse)
            assert list(envelope.verify([key], 1)) == [key.keyid]
            text = envelope.payload.decode()
            s = statement.Statement([], "", {})
            s.pb = json_format.Parse(text, statement_pb2.Statement())
            s.validate()
            document = json.loads(text)
            predicate = document["predicate"]
            kinds.add(document["predicateType"])
            if document["predicateType"].startswith("https://slsa.dev/"):
                json_format.Parse(json.dumps(predicate), provenance_pb2.Provenance())
            else:
                for message in validate_full_spdx_document(JsonLikeDictParser().parse(predicate)):
                    print(message)
        assert kinds == {"https://slsa.dev/provenance/v1", "https://spdx.dev/Document"}, kinds
        """
}

extension CosignStand {
    /// What this library finds, for one kind.
    fileprivate func check(_ kind: AttestationRequirement.Kind, key: String = "release.pub", repository: String? = nil)
        async throws -> CheckResult
    {
        let key = try VerificationKey(pem: readFile("\(shop.directory)/\(key)"), file: key)
        let requirement = try AttestationRequirement(
            kind: kind, keys: [key], repository: Repository(repository ?? self.repository))
        let configuration = RegistryConfiguration(logger: Logger.silent)
        return try await withRegistryClient(configuration) { client in
            let evidence = try await ReleaseEvidence.gather(
                Digest(digest), in: client.repository(Repository(self.repository)))
            return evidence.checks(EvidenceRequirements(attestations: [requirement]), now: WallClock.system())[0]
        }
    }
}
