import CapsuleTestSupport
import DeliveryConfiguration
import GitOps
import Signing
import Testing

/// A policy that whoever promotes names with `--policy`, next to the one of the GitOps repository.
@Suite("A pinned policy", .timeLimit(.minutes(2)), .needs("git", "kubectl"))
struct PinnedPolicyTests {
    private static let pinned = ["--policy", "pinned/policy.yaml"]

    /// A shop whose own policy requires ci's signature, which the release has, and a pinned policy that requires `rules` of the
    /// key promoter.
    private func withPinned(
        _ rules: String = "signatures: {keys: [promoter]}\n", _ body: (PolicedShop) async throws -> Void
    ) async throws {
        try await PolicedShop.with("signatures: {keys: [ci]}\n") { policed in
            try await policed.sign("ci")
            let directory = "\(policed.shop.directory)/pinned"
            try writeFile("\(directory)/keys/promoter.pub", try policed.key("promoter").verificationKey.pem)
            try writeFile(
                "\(directory)/policy.yaml",
                "schemaVersion: release-capsule-policy/v1alpha1\nkeys: {promoter: {file: keys/promoter.pub}}\n" + rules)
            try await body(policed)
        }
    }

    /// The arguments of a command that needs no Git.
    private func arguments(_ command: String, _ policed: PolicedShop) -> [String] {
        [
            command, "oci:release:\(policed.shop.tag)", "--image", "oci:image", "--repository", PolicedShop.signedFor,
        ]
    }

    @Test("replaces the repository's own in a promotion")
    func promote() async throws {
        try await withPinned { policed in
            try expectSuccess(try await policed.shop.promote("staging"))
            let rejected = try await policed.shop.promote("canary", options: Self.pinned)
            #expect(rejected.status == 65 && rejected.output.contains("evidence signature"), "\(rejected.output)")
            try await policed.sign("promoter")
            try expectSuccess(try await policed.shop.promote("canary", options: Self.pinned))
        }
    }

    @Test("decides in verify, without Git")
    func verify() async throws {
        try await withPinned { policed in
            let verify = arguments("verify", policed) + Self.pinned
            let unsigned = try await policed.shop.run(verify)
            #expect(unsigned.status == 65 && unsigned.output.contains("✗ signature"), "\(unsigned.output)")
            try await policed.sign("promoter")
            try expectSuccess(try await policed.shop.run(verify))
        }
    }

    @Test("decides in unpack, without Git")
    func unpack() async throws {
        try await withPinned { policed in
            let unpack = arguments("unpack", policed) + Self.pinned + ["--to", "out"]
            let unsigned = try await policed.shop.run(unpack)
            #expect(unsigned.status == 65, "\(unsigned.output)\(unsigned.errors)")
            try await policed.sign("promoter")
            try expectSuccess(try await policed.shop.run(unpack))
        }
    }

    @Test(
        "with rules for stages alone decides nothing until a stage is named",
        arguments: [
            ([], 64, "name a stage with --stage"), (["--stage", "canary"], 0, ""),
            (["--stage", "canary-2"], 1, "the policy's stages are: canary"),
        ] as [([String], Int32, String)])
    func stagesOnly(_ options: [String], _ status: Int32, _ words: String) async throws {
        try await withPinned("stages: {canary: {signatures: {keys: [promoter]}}}\n") { policed in
            try await policed.sign("promoter")
            let outcome = try await policed.shop.run(arguments("verify", policed) + Self.pinned + options)
            #expect(outcome.status == status, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
    }

    @Test("is what verify --stage needs where the configuration names no policy")
    func noPolicy() async throws {
        try await withPinned { policed in
            let text = String(
                decoding: try readFile("\(policed.shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await policed.shop.changePolicy(["capsule.yaml": text.replacing("policy: policy.yaml\n", with: "")])
            let none = try await policed.shop.run(
                arguments("verify", policed) + ["--stage", "staging", "--gitops", "gitops.git"])
            #expect(none.status == 64 && none.errors.contains("names no policy"), "\(none.errors)")
        }
    }

    @Test("or a key is what --repository needs: alone it says nothing")
    func repositoryAlone() async throws {
        try await withPinned { policed in
            let nothing = try await policed.shop.run(arguments("verify", policed))
            #expect(
                nothing.status == 64
                    && nothing.errors.contains("--repository is the repository that evidence must name"),
                "\(nothing.errors)")
        }
    }
}
