import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Signing
import Testing

/// The rows of docs/evidence.md about bundles that oras attaches, and about envelopes that capsule writes where bundles are refused.
@Suite(
    "Evidence that other programs carry", .timeLimit(.minutes(2)),
    .needs("git", "docker-registry", "openssl", "cosign", "oras"))
struct OrasAttachTests {
    /// The statements of cosign 3: `cosign sign` names the digest only, `cosign attest` the repository, too.
    struct Statement: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let type: String
        let namesRepository: Bool
        let predicateType: String
        let predicate: String
    }

    static let statements = [
        Statement(
            testDescription: "cosign 3 sign, in-toto v1", type: "https://in-toto.io/Statement/v1",
            namesRepository: false, predicateType: "https://sigstore.dev/cosign/sign/v1", predicate: "{}"),
        Statement(
            testDescription: "the same, in-toto v0.1", type: "https://in-toto.io/Statement/v0.1",
            namesRepository: false, predicateType: "https://sigstore.dev/cosign/sign/v1", predicate: "{}"),
        Statement(
            testDescription: "cosign 3 attest, in-toto v0.1", type: "https://in-toto.io/Statement/v0.1",
            namesRepository: true, predicateType: "https://spdx.dev/Document",
            predicate: #"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}"#),
    ]

    @Test("bundles in the forms of cosign 3, which oras attached, count for capsule and for cosign 2.5")
    func attached() async throws {
        try await CosignStand.with { stand in
            _ = try await stand.tool("cosign", "trusted-root", "create", "--out", "root.json")
            for (index, statement) in Self.statements.enumerated() {
                let key = SigningKey()
                try writeFile("\(stand.shop.directory)/key\(index).pub", key.verificationKey.pem)
                let name = statement.namesRepository ? #""name":"\#(stand.repository)","# : ""
                let payload = Array(
                    (#"{"_type":"\#(statement.type)","subject":[{\#(name)"digest":{"sha256":"\#(stand.hex)"}}],"#
                        + #""predicateType":"\#(statement.predicateType)","predicate":\#(statement.predicate)}"#).utf8)
                let signature = key.signature(
                    over: PreAuthenticationEncoding.bytes(
                        payloadType: "application/vnd.in-toto+json", payload: payload))
                let type = "application/vnd.dev.sigstore.bundle.v0.3+json"
                try writeFile(
                    "\(stand.shop.directory)/bundle\(index).json",
                    #"{"mediaType":"\#(type)","verificationMaterial":{"publicKey":{"hint":"\#(key.verificationKey.hint)"}},"#
                        + #""dsseEnvelope":{"payload":"\#(Data(payload).base64EncodedString())","payloadType":"#
                        + #""application/vnd.in-toto+json","signatures":[{"sig":"\#(Data(signature).base64EncodedString())"}]}}"#
                )
                let attached = try await stand.tool(
                    "oras", "attach", "--plain-http", "--artifact-type", type, stand.pinned,
                    "bundle\(index).json:\(type)")
                #expect(attached.status == 0, "\(attached.errorOutput)")
                let theirs = try await stand.tool(
                    "cosign", "verify-attestation", "--new-bundle-format", "--trusted-root", "root.json", "--key",
                    "key\(index).pub", "--insecure-ignore-tlog=true", "--allow-http-registry", "--type",
                    statement.predicateType, stand.pinned)
                #expect(theirs.status == 0, "\(statement.testDescription): \(theirs.errorOutput)")
                guard statement.predicateType.hasPrefix("https://sigstore.dev/") else { continue }
                let ours = try await stand.capsule(
                    "verify", stand.pinned, "--image", "oci:image", "--key", "key\(index).pub")
                try expectSuccess(ours)
                #expect(ours.output.contains("digest only"), "\(ours.output)")
            }
            let inspected = try await stand.capsule("inspect", stand.pinned)
            #expect(inspected.output.contains("SPDX"), "\(inspected.output)")
        }
    }

    @Test("the .sig and .att manifests that capsule writes where bundles are refused are verified by cosign 2.5")
    func envelopes() async throws {
        var options = FakeRegistryOptions()
        options.hasReferrers = false
        options.acceptedTypes = [MediaType.imageConfig]
        try await withFakeRegistry(options) { fake in
            try await CosignStand.with { stand in
                let strict = "\(fake.host)/shop/release:\(stand.shop.tag)"
                try expectSuccess(try await stand.capsule("copy", "oci:release:\(stand.shop.tag)", strict))
                for command in [["sign"], ["attest", "--provenance"]] {
                    let written = try await stand.shop.run(
                        [command[0], strict, "--key", "release.key", "--repository", stand.repository]
                            + command.dropFirst(), environment: CosignStand.password)
                    try expectSuccess(written)
                }
                try expectSuccess(
                    try await stand.capsule("copy", strict, "\(stand.repository):\(stand.shop.tag)"))
                for verify in [["verify"], ["verify-attestation", "--type", "slsaprovenance1"]] {
                    let verified = try await stand.tool(
                        ["cosign"] + verify + [
                            "--key", "release.pub", "--insecure-ignore-tlog=true", "--allow-http-registry",
                            stand.pinned,
                        ])
                    #expect(verified.status == 0, "\(verify): \(verified.errorOutput)")
                }
            }
        }
    }
}
