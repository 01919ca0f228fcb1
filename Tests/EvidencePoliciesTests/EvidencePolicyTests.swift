import CapsuleCore
import CapsuleTestSupport
import CapsuleTrust
import Documents
import OCI
import Signing
import Support
import Testing

@testable import EvidencePolicies

/// Row S6 of docs/security.md: whatever is empty, unknown or unreachable is an error, never "anyone".
@Suite("policy.yaml")
struct EvidencePolicyTests {
    private func requirements(_ text: String, _ stage: String?, now: Int64 = PolicyFixture.now) throws
        -> EvidenceRequirements
    {
        try PolicyFixture.read(text).requirements(
            for: stage, repository: Repository(PolicyFixture.repository), now: now)
    }

    @Test("reads every key, and a stage adds to what all ask")
    func full() throws {
        let common = try requirements(PolicyFixture.full, "test")
        #expect(common.signatures.first?.keys == [PolicyFixture.ci])
        #expect(common.signatures.first?.threshold == 1)
        #expect(common.attestations.map(\.id) == ["attestation.provenance", "attestation.sbom"])
        #expect(
            common.attestations[0].kind
                == .provenance(
                    ProvenanceRequirement(
                        builder: "https://ci.example.com/runner", source: "https://git.example.com/shop",
                        workflow: ".ci/release.yml", ref: "refs/heads/main")))
        #expect(common.maximumAge == .seconds(30 * 86_400))
        #expect(common.revokedReleases == [try Digest(PolicyFixture.release)])
        #expect(common.revokedKeys.count == 1)
        #expect(common.policy == "policy.yaml")
        let production = try requirements(PolicyFixture.full, "production")
        #expect(production.signatures.first?.keys == [PolicyFixture.ci, PolicyFixture.security])
        #expect(production.signatures.first?.threshold == 2)
        #expect(
            production.attestations.map(\.id) == [
                "attestation.provenance", "attestation.sbom", "attestation.promoted.test", "attestation.verified.test",
            ])
        #expect(production.attestations[2].keys == [PolicyFixture.promoter])
        #expect(production.maximumAge == .seconds(7 * 86_400))
        #expect(try requirements(PolicyFixture.full, nil) == common)
        // Required of all stages and by the stage, with other keys: both.
        let twice = PolicyFixture.full.replacing("{promoted: test,", with: "{type: sbom,")
        #expect(try requirements(twice, "production").attestations.filter { $0.id == "attestation.sbom" }.count == 2)
        #expect(common.binding == .digest)
        let binding = PolicyFixture.full.replacing("signatures:", with: "bind: name\nsignatures:", maxReplacements: 1)
        #expect(try requirements(binding, "production").binding == .name)
        let policy = try PolicyFixture.read(PolicyFixture.full)
        #expect(policy.rules(for: "production").attestations.map(\.id) == production.attestations.map(\.id))
    }

    @Test(
        "names line and key of what is invalid",
        arguments: [
            ("v1alpha1", "v9", "policy.yaml:1: schemaVersion is"),
            ("schemaVersion: release-capsule-policy/v1alpha1\n", "", "schemaVersion is missing"),
            ("signatures:", "signature:", "policy.yaml:5: unknown key \"signature\""),
            ("{keys: [ci]}", "{key: [ci]}", "policy.yaml:5: unknown key \"key\" in signatures"),
            ("{keys: [ci]}", "{keys: []}", "policy.yaml:5: signatures.keys is an empty list; list the keys"),
            ("{keys: [ci]}", "{}", "policy.yaml:5: signatures.keys is missing"),
            ("{keys: [ci]}", "{keys: }", "policy.yaml:5: signatures.keys has no value"),
            ("{keys: [ci]}", "", "policy.yaml:5: signatures has no value"),
            ("{keys: [ci]}", "[ci]", "signatures must be a mapping"),
            ("{keys: [ci]}", "{keys: ci}", "signatures.keys must be a list"),
            ("{keys: [ci]}", "{keys: [cl]}", "signatures.keys names \"cl\"; the keys of this policy are: ci, other"),
            ("{keys: [ci]}", "{keys: [ci, ci]}", "signatures.keys names ci twice"),
            ("{keys: [ci]}", "{keys: [ci, ci], threshold: 2}", "signatures.keys names ci twice"),
            ("{keys: [ci]}", "{keys: [ci], threshold: 2}", "threshold is \"2\"; it must be a whole number from 1 to 1"),
            ("{keys: [ci]}", "{keys: [ci], threshold: 0}", "threshold is \"0\""),
            ("{keys: [ci]}", "{keys: [ci], threshold: -1}", "threshold is \"-1\""),
            ("{keys: [ci]}", "{keys: [ci], threshold: +1}", "threshold is \"+1\""),
            ("{keys: [ci]}", "{keys: [ci], threshold: all}", "threshold is \"all\""),
            (
                "{keys: [ci]}", "{keys: [ci]}\nbind: repository",
                "policy.yaml:6: bind is \"repository\"; it must be digest"
            ),
            ("{keys: [ci]}", "{keys: [ci]}\nbind:", "policy.yaml:6: bind has no value"),
            ("{keys: [ci]}", "{keys: [ci]}\nattestations: []", "policy.yaml:6: attestations is an empty list"),
            ("{keys: [ci]}", "{keys: [ci]}\nattestations:", "policy.yaml:6: attestations has no value"),
            ("{keys: [ci]}", "{keys: [ci]}\nattestations: [{keys: [ci]}]", "requires exactly one of the keys type"),
            ("{keys: [ci]}", "{keys: [ci]}\nattestations: [{type: sbom}]", "attestations[0].keys is missing"),
            ("{keys: [ci]}", "{keys: [ci]}\nattestations: [{type: sbom, keys: []}]", "is an empty list"),
            ("{keys: [ci]}", "{keys: [ci]}\nattestations: [{type: bom, keys: [ci]}]", "type is \"bom\""),
            (
                "{keys: [ci]}", "{keys: [ci]}\nattestations: [{type: sbom, promoted: test, keys: [ci]}]",
                "requires exactly one of the keys type"
            ),
            (
                "{keys: [ci]}", "{keys: [ci]}\nattestations: [{type: sbom, keys: [ci], builder: x}]",
                "builder is only for provenance"
            ),
            (
                "{keys: [ci]}", "{keys: [ci]}\nattestations: [{type: provenance, keys: [ci], builder: ''}]",
                "builder must be 1 to 2048 printable"
            ),
            (
                "{keys: [ci]}", "{keys: [ci]}\nattestations: [{type: provenance, keys: [ci], builder: 'a b'}]",
                "builder must be 1 to 2048 printable"
            ),
            (
                "{keys: [ci]}", "{keys: [ci]}\nattestations: [{promoted: ../x, keys: [ci]}]",
                "promoted is \"../x\", which is not a stage name"
            ),
            (
                "{keys: [ci]}",
                "{keys: [ci]}\nattestations: [{type: sbom, keys: [ci]}, {type: sbom, keys: [other]}]",
                "requires attestation.sbom again"
            ),
            ("{maximumAge: 1d}", "{maximumAge: 1}", "stages.test.maximumAge is invalid"),
            ("{maximumAge: 1d}", "{maximumAge: 0s}", "stages.test.maximumAge must be longer than 0s"),
            ("{maximumAge: 1d}", "{maximumAge: 366d}", "at most 365d"),
            ("{maximumAge: 1d}", "{}", "policy.yaml:7: stages.test requires nothing"),
            ("{maximumAge: 1d}", "", "policy.yaml:7: stages.test has no value"),
            ("{maximumAge: 1d}", "{signatures: {keys: []}}", "stages.test.signatures.keys is an empty list"),
            ("  test: {maximumAge: 1d}\n", "", "stages has no value"),
            ("  test: {", "  ../test: {", "stages has the name \"../test\""),
            ("stages:\n  test: {maximumAge: 1d}", "stages: {}", "stages is empty"),
            ("stages:", "revoked: {releases: []}\nstages:", "revoked.releases is an empty list"),
            ("stages:", "revoked: {keys: [abc]}\nstages:", "revoked.keys[0] is invalid"),
            ("stages:", "revoked: {keys: [sha256:AB]}\nstages:", "revoked.keys[0] is invalid"),
            (
                "stages:", "revoked: {releases: [sha512:\(String(repeating: "a", count: 128))]}\nstages:",
                "the name of a capsule is its sha256 digest"
            ),
            (
                "stages:", "revoked: {keys: [sha512:\(String(repeating: "a", count: 128))]}\nstages:",
                "the name of a key is its sha256 digest"
            ),
            ("stages:", "revoked: {releases: [git-\(String(repeating: "a", count: 40))]}\nstages:", "is not a digest"),
            ("stages:", "revoked: {key: [x]}\nstages:", "unknown key \"key\" in revoked"),
            ("stages:", "revoked:\nstages:", "revoked has no value"),
            ("{file: keys/ci.pub}", "{file: ../ci.pub}", "policy.yaml:3: keys.ci.file is invalid"),
            ("{file: keys/ci.pub}", "{file: /etc/ci.pub}", "policy.yaml:3: keys.ci.file is invalid"),
            (
                "{file: keys/ci.pub}", "{file: keys/none.pub}",
                "policy.yaml:3: the key ci: \"keys/none.pub\" is not a regular file"
            ),
            ("{file: keys/ci.pub}", "{}", "keys.ci.file is missing"),
            ("{file: keys/ci.pub}", "{publicKey: x}", "keys.ci.publicKey is invalid"),
            ("{file: keys/ci.pub}", "{file: keys/ci.pub, publicKey: x}", "keys.ci.publicKey is invalid"),
            ("{file: keys/ci.pub}", "{file: keys/ci.pub, from: 2026}", "keys.ci.from is invalid: \"2026\""),
            ("{file: keys/ci.pub}", "{file: keys/ci.pub, from: 2026-13-01T00:00:00Z}", "keys.ci.from is invalid"),
            (
                "{file: keys/ci.pub}",
                "{file: keys/ci.pub, from: 2026-01-01T00:00:00Z, until: 2026-01-01T00:00:00Z}",
                "keys.ci.until must be later than from"
            ),
            ("{file: keys/ci.pub}", "{file: keys/security.pub}", "other and ci are the same key"),
            ("  ci: {", "  CI: {", "keys has the name \"CI\""),
            ("  other: {", "  ci: {", "key \"ci\" occurs twice"),
            ("signatures: {", "signatures: &a {", "anchor"),
            ("signatures: {", "signatures: !x {", "tag"),
            ("stages:", "---\nstages:", "document"),
        ])
    func wrong(old: String, new: String, message: String) throws {
        let text = PolicyFixture.least.replacing(old, with: new)
        try #require(text != PolicyFixture.least)
        let error = #expect(throws: DocumentError.self) { try PolicyFixture.read(text) }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("policy.yaml:") == true, "\(error?.message ?? "")")
    }

    @Test("a policy that requires nothing is an error")
    func nothing() throws {
        for text in [
            "schemaVersion: release-capsule-policy/v1alpha1\n",
            "schemaVersion: release-capsule-policy/v1alpha1\nkeys: {ci: {file: keys/ci.pub}}\n",
            "schemaVersion: release-capsule-policy/v1alpha1\nrevoked: {keys: [\(PolicyFixture.release)]}\n", "{}\n", "",
        ] {
            #expect(throws: DocumentError.self, "\(text)") { try PolicyFixture.read(text) }
        }
    }

    @Test("a key has a file or a text, and not both")
    func twoSources() throws {
        let pem = PolicyFixture.ci.pem.split(separator: "\n").map { "      \($0)\n" }.joined()
        let text = PolicyFixture.least.replacing(
            "ci: {file: keys/ci.pub}", with: "ci:\n    file: keys/ci.pub\n    publicKey: |\n\(pem)")
        let error = #expect(throws: DocumentError.self) { try PolicyFixture.read(text) }
        #expect(error?.message.contains("policy.yaml:5: keys.ci.publicKey and file are both set") == true)
    }

    @Test("a policy can contain a public key")
    func inline() throws {
        let pem = PolicyFixture.ci.pem.split(separator: "\n").map { "      \($0)\n" }.joined()
        let text = PolicyFixture.least.replacing("ci: {file: keys/ci.pub}", with: "ci:\n    publicKey: |\n\(pem)")
        #expect(try PolicyFixture.read(text).keys.first?.key == PolicyFixture.ci)
    }

    @Test("private keys, other curves and rubbish are not public keys, and their content is not shown")
    func noPublicKey() throws {
        let secret = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
        for content in [secret, "MIGH", "", PolicyFixture.ci.pem + PolicyFixture.security.pem] {
            var files = try PolicyFixture.files
            files[try RelativePath("keys/ci.pub")] = Array(content.utf8)
            let document = try PolicyDocument(yaml: Array(PolicyFixture.least.utf8), file: "policy.yaml")
            let error = #expect(throws: DocumentError.self) { try document.policy(files) }
            #expect(error?.message.hasPrefix("policy.yaml:3: the key ci: ") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("MIGH") == false)
        }
    }

    @Test("a stage that is not in the ladder is an error, as a stage and in an attestation")
    func ladder() throws {
        let policy = try PolicyFixture.read(PolicyFixture.full)
        try policy.check(against: PolicyFixture.ladder("staging", "test", "production"))
        for (ladder, message) in [
            (PolicyFixture.ladder("test", "prod"), "stages names \"production\", which is not a stage"),
            (PolicyFixture.ladder("staging", "production"), "attestation.promoted.test names \"test\""),
            (
                PolicyFixture.ladder("production", "test"),
                "exists only after test, a later stage, has accepted the release"
            ),
            ([], "the stages there are: none"),
        ] {
            let error = #expect(throws: DocumentError.self) { try policy.check(against: ladder) }
            #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
        // Required by every stage, the first one could never accept a release.
        let all = PolicyFixture.least.replacing(
            "stages:", with: "attestations: [{promoted: test, keys: [ci]}]\nstages:")
        let error = #expect(throws: DocumentError.self) {
            try PolicyFixture.read(all).check(against: PolicyFixture.ladder("test", "production"))
        }
        #expect(
            error?.message.contains("exists only after the stage itself has accepted the release") == true,
            "\(error?.message ?? "")")
        let unknown = #expect(throws: CapsuleError.self) { try policy.check(stage: "prod") }
        #expect(unknown?.message.contains("the policy's stages are: production") == true)
    }

    @Test("a key counts within its window, to the second, and too few that do are an error that says why")
    func windows() throws {
        // From 2026-01-01 until 2027-01-01; both keys are needed.
        for (now, ok) in [
            (1_767_225_599, false), (1_767_225_600, true), (1_798_761_599, true), (1_798_761_600, false),
        ] as [(Int64, Bool)] {
            guard !ok else {
                #expect(try requirements(PolicyFixture.full, "production", now: now).signatures.first?.keys.count == 2)
                continue
            }
            let error = #expect(throws: DocumentError.self) {
                try requirements(PolicyFixture.full, "production", now: now)
            }
            #expect(error?.code == .invalidDocument)
            #expect(
                error?.message.contains(
                    "stage production requires 2 of 2 keys (signature), and only 1 of them is valid: security") == true)
            #expect(error?.message.contains(CapsuleFormat.timestamp(now)) == true)
            #expect(try requirements(PolicyFixture.full, "test", now: now).signatures.first?.keys.count == 1)
        }
        // One of two is enough while the other is out of its window.
        let either = PolicyFixture.full.replacing("threshold: 2", with: "threshold: 1")
        #expect(
            try requirements(either, "production", now: 1_798_761_600).signatures.first?.keys == [PolicyFixture.ci])
    }

    @Test("a revoked key counts nowhere")
    func revoked() throws {
        let text = PolicyFixture.full.replacing(
            "keys: [sha256:\(String(repeating: "b", count: 64))]", with: "keys: [\(PolicyFixture.ci.fingerprint)]")
        let error = #expect(throws: DocumentError.self) { try requirements(text, "test") }
        #expect(error?.message.contains("none of them is valid: ci is revoked") == true, "\(error?.message ?? "")")
        let either = text.replacing("signatures: {keys: [ci]}", with: "signatures: {keys: [ci, promoter]}")
            .replacing("type: provenance, keys: [ci]", with: "type: provenance, keys: [promoter]")
            .replacing("type: sbom, keys: [ci]", with: "type: sbom, keys: [promoter]")
        #expect(try requirements(either, "test").signatures.first?.keys == [PolicyFixture.promoter])
    }

    @Test(
        "revokes the same bytes in whichever case their digest is written", arguments: ["sha256", "SHA256", "Sha256"])
    func revokedCase(algorithm: String) throws {
        let hex = String(repeating: "aB", count: 32)
        for kind in ["releases", "keys"] {
            let policy = try PolicyFixture.read(PolicyFixture.least + "revoked: {\(kind): [\(algorithm):\(hex)]}\n")
            let revoked = kind == "keys" ? policy.revokedKeys : policy.revokedReleases
            #expect(revoked.map(\.description) == ["sha256:\(hex.lowercased())"])
        }
    }
}
