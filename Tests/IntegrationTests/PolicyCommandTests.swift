import Archive
import CapsuleTestSupport
import Signing
import Testing

@Suite("capsule policy", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct PolicyCommandTests {
    private static let policy = """
        signatures: {keys: [ci]}
        attestations:
          - {type: provenance, keys: [ci], builder: https://ci.example.com/runner, source: https://git.example.com/shop/web, workflow: .ci/release.yml, ref: refs/heads/main}
          - {type: sbom, keys: [ci, promoter], threshold: 2}
        maximumAge: 30d
        stages:
          production:
            signatures: {keys: [ci, security, promoter], threshold: 2}
            attestations:
              - {promoted: canary, keys: [promoter]}
              - {verified: canary, keys: [ci, promoter]}
        revoked:
          releases: [sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]

        """

    /// Keys are new in every run.
    private func steady(_ text: String, _ policed: PolicedShop) async throws -> String {
        var text = text
        for (name, key) in policed.keys { text.replace("\(key.verificationKey.fingerprint)", with: "KEY-OF-\(name)") }
        let commit = try await policed.shop.gitops("rev-parse", "--short=12", "main")
        return text.replacing(commit, with: "COMMIT")
    }

    private static let explain = ["policy", "explain", "--gitops", "gitops.git"]
    private static let check = ["policy", "check", "--gitops", "gitops.git"]

    @Test("explain says in words what each stage requires")
    func explain() async throws {
        try await PolicedShop.with(Self.policy) { policed in
            let text = try expectSuccess(try await policed.shop.run(Self.explain))
            try expectGolden(try await steady(text.output, policed), "policy-explain.txt")
        }
    }

    @Test("explain gives one stage as JSON")
    func explainStage() async throws {
        try await PolicedShop.with(Self.policy) { policed in
            let json = try expectSuccess(
                try await policed.shop.run(Self.explain + ["--stage", "production", "--output", "json"]))
            try expectGolden(try await steady(json.output, policed), "policy-explain.json")
            let unknown = try await policed.shop.run(Self.explain + ["--stage", "prod"])
            #expect(
                unknown.status == 1 && unknown.errors.contains("the stages there are: staging"), "\(unknown.errors)")
        }
    }

    @Test("explain reads a policy file without a ladder")
    func explainFile() async throws {
        try await PolicedShop.with(Self.policy) { policed in
            let file = try expectSuccess(
                try await policed.shop.run("policy", "explain", "--policy", "policy/apps/shop/policy.yaml"))
            #expect(file.output.contains("every other stage accepts a release when"), "\(file.output)")
        }
    }

    @Test("check says that a release can pass")
    func check() async throws {
        try await PolicedShop.with(Self.policy) { policed in
            let good = try expectSuccess(try await policed.shop.run(Self.check))
            #expect(good.output.contains("✓ production: a release can pass"), "\(good.output)")
        }
    }

    @Test("check exits with 65 when no release can pass, here because the window of a key has ended")
    func closed() async throws {
        let policy = Self.policy.replacing("threshold: 2}\n    attest", with: "threshold: 3}\n    attest")
        try await PolicedShop.with(policy) { policed in
            let closed = try await policed.shop.run(Self.check)
            #expect(closed.status == 65, "\(closed.output)\(closed.errors)")
            try expectGolden(
                try await steady(closed.output, policed).replacing(#/says 20.*Z/#, with: "says TIME"),
                "policy-check.txt")
        }
    }

    @Test("check rejects a policy that is not valid, in the repository and in a file")
    func invalid() async throws {
        try await PolicedShop.with("signatures: {keys: []}\n") { policed in
            let empty = try await policed.shop.run(Self.check + ["--output", "json"])
            #expect(empty.status == 65, "\(empty.output)\(empty.errors)")
            #expect(empty.output.contains("is an empty list, which never means anyone"), "\(empty.output)")
            let file = try await policed.shop.run("policy", "check", "--policy", "policy/apps/shop/policy.yaml")
            #expect(file.status == 65 && file.output.hasPrefix("✗ policy/apps/shop/policy.yaml:6: "), "\(file.output)")
        }
    }

    @Test("check of a file that does not exist is wrong usage")
    func noFile() async throws {
        try await Shop.with { shop in
            let none = try await shop.run("policy", "check", "--policy", "nowhere.yaml")
            #expect(none.status == 64, "\(none.output)\(none.errors)")
        }
    }

    @Test("check says for each stage whether a release passes, and why not")
    func release() async throws {
        let policy = "signatures: {keys: [ci]}\nstages: {canary: {signatures: {keys: [promoter]}}}\n"
        try await PolicedShop.with(policy) { policed in
            try await policed.sign("ci")
            let check = [
                "policy", "check", "oci:release:\(policed.shop.tag)", "--image", "oci:image", "--gitops", "gitops.git",
            ]
            let outcome = try await policed.shop.run(check)
            #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
            try expectGolden(
                try await steady(normalised(outcome.output, policed.shop), policed), "policy-check-release.txt")
            let staging = try await policed.shop.run(check + ["--stage", "staging", "--output", "json"])
            try expectSuccess(staging)
            try expectGolden(
                try await steady(normalised(staging.output, policed.shop), policed), "policy-check-release.json")
            try policed.shop.alterLayer("release")
            let altered = try await policed.shop.run(check + ["--stage", "staging"])
            #expect(altered.status == 65 && altered.output.contains("✗ capsule.layer"), "\(altered.output)")
        }
    }
}
