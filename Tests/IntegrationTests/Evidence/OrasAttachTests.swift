import CapsuleTestSupport
import FoundationEssentials
import OCI
import Processes
import Signing
import Testing

/// The rows of docs/evidence.md about bundles that oras attaches, and about envelopes that capsule writes where bundles are refused.
@Suite(
    "Evidence that other programs carry", .timeLimit(.minutes(2)),
    .needs("git", "docker-registry", "openssl", "cosign", "cosign3", "oras"))
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

    @Test("bundles in the forms of cosign 3, which oras attached, count for capsule and for both cosigns")
    func attached() async throws {
        try await CosignStand.with { stand in
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
                for cosign in Cosign.allCases {
                    let refusal = try await stand.refusal(
                        cosign, .bundle, statement.predicateType, key: "key\(index).pub")
                    #expect(refusal == nil, "\(cosign), \(statement.testDescription)")
                }
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

    @Test("the .sig and .att manifests that capsule writes where bundles are refused are verified by both cosigns")
    func envelopes() async throws {
        var options = FakeRegistryOptions()
        options.hasReferrers = false
        options.acceptedTypes = [MediaType.imageConfig]
        try await withFakeRegistry(options) { fake in
            try await CosignStand.with(in: fake.host) { stand in
                for command in [["sign"], ["attest", "--provenance"]] {
                    let written = try await stand.shop.run(
                        [command[0], stand.tagged, "--key", "release.pem"] + command.dropFirst())
                    try expectSuccess(written)
                }
                for cosign in Cosign.allCases {
                    #expect(try await stand.refusal(cosign, .manifest) == nil)
                    #expect(try await stand.refusal(cosign, .manifest, "slsaprovenance1") == nil)
                }
                // cosign 3 finds out by itself that there are no bundles.
                #expect(try await stand.refusal(.three, .bundle) == nil)
                #expect(try await stand.refusal(.three, .bundle, "slsaprovenance1") == nil)
            }
        }
    }
}
