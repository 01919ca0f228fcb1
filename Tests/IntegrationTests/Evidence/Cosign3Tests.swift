import CapsuleTestSupport
import OCI
import Testing

/// The rows of docs/evidence.md about what cosign 3 does without further options, on the registries that list its bundles in
/// different ways.
@Suite(
    "Bundles of cosign 3", .timeLimit(.minutes(2)), .needs("git", "docker-registry", "cosign", "cosign3"))
struct Cosign3Tests {
    private static let spdx = #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}"#

    /// A policy that requires a signature and an SBOM.
    private static func policy(_ bind: String) -> String {
        """
        schemaVersion: release-capsule-policy/v1alpha1
        keys:
          release: {file: release.pub}
        bind: \(bind)
        signatures: {keys: [release]}
        attestations:
          - {type: sbom, keys: [release]}

        """
    }

    @Test(
        "count where the registry has the referrers API, where it has none, and in copies, and the report says what they name"
    )
    func counted() async throws {
        // Without the API, cosign 3 writes the fallback list itself: with the media type of the config as artifact type, and
        // without annotations.
        try await CosignStand.with { stand in
            // Each program keeps what the other one listed.
            try expectSuccess(
                try await stand.capsule("attest", stand.tagged, "--key", "release.pem", "--verified", "staging"))
            try await count(stand)
            let inspected = try await stand.capsule("inspect", stand.tagged)
            for kind in ["signature", "verified", "sbom "] {
                #expect(inspected.output.contains("\n\(kind)"), "\(kind): \(inspected.output)")
            }
        }
        try await withFakeRegistry { fake in
            try await CosignStand.with(in: fake.host) { try await count($0) }
        }
    }

    private func count(_ stand: CosignStand) async throws {
        try await stand.sign(.three, .bundle)
        let signed = try await stand.verify("--key", "release.pub")
        try expectSuccess(signed)
        #expect(signed.output.contains("digest only"), "\(signed.output)")
        #expect(try await stand.refusal(.two, .bundle, "https://sigstore.dev/cosign/sign/v1") == nil)
        for bind in ["digest", "name"] { try writeFile("\(stand.shop.directory)/\(bind).yaml", Self.policy(bind)) }
        let unattested = try await stand.verify("--policy", "digest.yaml", "--stage", "staging")
        #expect(unattested.status == 65 && unattested.output.contains("holds no SBOM"), "\(unattested.output)")

        try writeFile("\(stand.shop.directory)/sbom.json", Self.spdx)
        try await stand.attest(.three, .bundle, "spdxjson", "sbom.json")
        try expectSuccess(try await stand.verify("--policy", "digest.yaml", "--stage", "staging"))
        // The attestation names the repository; the signature does not.
        let named = try await stand.verify("--policy", "name.yaml", "--stage", "staging")
        #expect(named.status == 65 && named.output.contains("the policy has `bind: name`"), "\(named.output)")
        #expect(named.output.contains("✓ attestation.sbom"), "\(named.output)")

        let copy = stand.elsewhere("\(stand.repository)-copy")
        try expectSuccess(try await stand.capsule("copy", stand.tagged, copy.repository))
        try expectSuccess(
            try await copy.verify(
                "--policy", "digest.yaml", "--stage", "staging", "--repository", stand.repository))
        #expect(try await copy.refusal(.three, .bundle) == nil)
        // A copy is not where the attestation was made for. cosign does not compare that.
        let moved = try await copy.verify("--policy", "digest.yaml", "--stage", "staging")
        #expect(moved.status == 65 && moved.output.contains("it was made for"), "\(moved.output)")
        #expect(try await copy.refusal(.three, .bundle, "spdxjson") == nil)
    }

    @Test("an attestation is not a signature for capsule; it is one for `cosign verify`")
    func attestationOnly() async throws {
        try await CosignStand.with { stand in
            try expectSuccess(
                try await stand.capsule("attest", stand.tagged, "--key", "release.pem", "--verified", "staging"))
            #expect(try await stand.refusal(.three, .bundle) == nil)
            #expect(try await stand.refusal(.two, .manifest)?.contains("no signatures found") == true)
            let ours = try await stand.verify("--key", "release.pub")
            #expect(ours.status == 65 && ours.output.contains("holds no signature of this capsule"), "\(ours.output)")
        }
    }
}

extension CosignStand {
    /// `capsule verify`, for the repository where the release is unless another one is given.
    fileprivate func verify(_ options: String...) async throws -> CapsuleProgram.Outcome {
        let place = options.contains("--repository") ? [] : ["--repository", repository]
        return try await shop.run(
            ["verify", tagged, "--image", "oci:image", "--config", "policy/capsule.yaml"] + place + options)
    }
}
