import Archive
import CapsuleTestSupport
import DeliveryConfiguration
import FoundationEssentials
import OCI
import Testing

@Suite(
    "Statements about promotions", .timeLimit(.minutes(3)),
    .needs("git", "kubectl", "docker-registry"))
struct StatementTests {
    /// A release in a registry, a GitOps repository, and a promoter's key.
    private func withRelease(
        _ body: @Sendable (Shop, String) async throws -> Void
    ) async throws {
        try await withSharedRegistry { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                let repository = registry.repository("shop/release")
                _ = try await shop.run("copy", "oci:release:\(shop.tag)", "\(repository):\(shop.tag)")
                try writeKeyPair("promoter", in: shop.directory)
                try await body(shop, repository)
            }
        }
    }

    private func promote(
        _ shop: Shop, _ release: String, to stage: String, _ options: String...
    ) async throws -> CapsuleProgram.Outcome {
        let repository = String(
            release.prefix(while: { $0 != "@" }).split(separator: ":").dropLast().joined(separator: ":"))
        return try await shop.run(
            [
                "promote", release, "--gitops", "gitops.git", "--image", "oci:image", "--stage", stage,
                "--attest-key", "promoter.pem", "--repository", repository,
            ] + options)
    }

    /// Waits until the clock shows another second: the time of a statement has no parts of one.
    private func nextSecond() async throws {
        let now = Date().timeIntervalSince1970
        #expect(try await eventually { Date().timeIntervalSince1970 >= now.rounded(.down) + 1 })
    }

    private func status(_ shop: Shop, _ repository: String, _ options: String...) async throws -> CapsuleProgram.Outcome
    {
        try await shop.run(
            ["status", "--registry", repository, "--key", "promoter.pub", "--repository", repository] + options)
    }

    @Test("each promotion leaves one, and the registry alone then says what each stage holds")
    func ladder() async throws {
        try await withRelease { shop, repository in
            let release = "\(repository):\(shop.tag)"
            let none = try await status(shop, repository)
            #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("no statement"), "\(none.errors)")
            let dry = try await promote(shop, release, to: "staging", "--dry-run")
            #expect(dry.status == 0 && !dry.output.contains("attached"), "\(dry.output)\(dry.errors)")
            let staging = try await promote(shop, release, to: "staging")
            try expectSuccess(staging)
            #expect(staging.output.contains("✓ statement attached to the capsule\n"), "\(staging.output)")
            let again = try await promote(shop, release, to: "staging")
            #expect(
                again.output.contains("✓ statement was attached to the capsule before"),
                "\(again.output)\(again.errors)")
            let refused = try await promote(shop, release, to: "production")
            #expect(refused.status == 65 && !refused.output.contains("attached"), "\(refused.output)")
            _ = try await promote(shop, release, to: "canary")
            let ladder = try await status(shop, repository)
            try expectSuccess(ladder)
            let lines = ladder.output.split(separator: "\n")
            #expect(lines.count == 2, "\(ladder.output)")
            #expect(lines.first?.hasPrefix("canary   \(shop.tag)  since 20") == true, "\(ladder.output)")
            #expect(lines.last?.hasPrefix("staging  \(shop.tag)  since 20") == true, "\(ladder.output)")
            // With the configuration, in the order of its ladder.
            let ordered = try await status(shop, repository, "--config", "policy/capsule.yaml")
            #expect(
                ordered.output.split(separator: "\n").map { $0.prefix(7) } == ["staging", "canary "],
                "\(ordered.output)")
            let pinned = try await status(shop, repository, "--policy", "policy.yaml")
            #expect(pinned.status == 64 && pinned.errors.contains("--policy out"), "\(pinned.errors)")
            // What it says is what the branch is.
            let head = try await shop.gitops("rev-parse", "stage/staging")
            let policy = try await shop.gitops("rev-parse", "main")
            let json = try await status(shop, repository, "--output", "json")
            #expect(json.output.contains(#""commit" : "\#(head)""#), "\(json.output)")
            #expect(json.output.contains(#""commit" : "\#(policy)""#), "\(json.output)")
            let record = try await shop.gitops(
                "show", "stage/staging:apps/shop/deployments/staging/release-metadata.yaml")
            let rendered = try #require(
                record.split(separator: "\n").last { $0.hasPrefix("  digest: ") }?.dropFirst(10))
            #expect(json.output.contains(#""rendered" : "\#(rendered)""#), "\(json.output)\(record)")
        }
    }

    @Test("the newest one counts: the next release, a rollback, and a review that nobody merged")
    func newest() async throws {
        try await withRelease { shop, repository in
            let newer = try await shop.release(day: 7, ["deploy/kustomize/base/settings.ini": "currency = USD\n"])
            _ = try await newer.build()
            _ = try await newer.run("copy", "oci:release:\(newer.tag)", "\(repository):\(newer.tag)")
            _ = try await promote(shop, "\(repository):\(shop.tag)", to: "staging")
            try await nextSecond()
            _ = try await promote(newer, "\(repository):\(newer.tag)", to: "staging")
            let moved = try await status(shop, repository)
            #expect(moved.output.hasPrefix("staging  \(newer.tag)"), "\(moved.output)")
            try await nextSecond()
            let back = try await shop.run(
                [
                    "rollback", "--stage", "staging", "--gitops", "gitops.git", "--image", "oci:image", "--attest-key",
                    "promoter.pem", "--repository", repository,
                ])
            try expectSuccess(back)
            let rolled = try await status(shop, repository)
            #expect(rolled.output.hasPrefix("staging  \(shop.tag)"), "\(rolled.output)")
        }
    }

    @Test("those of other keys, and for other repositories, count for nothing")
    func others() async throws {
        try await withRelease { shop, repository in
            let release = "\(repository):\(shop.tag)"
            _ = try await promote(shop, release, to: "staging")
            try writeKeyPair("other", in: shop.directory)
            let stranger = try await shop.run(
                ["status", "--registry", repository, "--key", "other.pub", "--repository", repository])
            #expect(stranger.status == 0 && stranger.output.isEmpty, "\(stranger.output)")
            let elsewhere = try await shop.run(
                [
                    "status", "--registry", repository, "--key", "promoter.pub", "--repository",
                    "registry.example.com/other/release",
                ])
            #expect(elsewhere.status == 0 && elsewhere.output.isEmpty, "\(elsewhere.output)")
            for (arguments, word) in [
                (["--registry", repository], "--key"), (["--key", "promoter.pub"], "--registry"),
                (["--registry", repository, "--key", "promoter.pub", "--gitops", "gitops.git"], "--gitops"),
                (["--registry", repository, "--key", "promoter.pub", "--limit", "0"], "--limit"),
            ] {
                let wrong = try await shop.run(["status"] + arguments)
                #expect(wrong.status == 64 && wrong.errors.contains(word), "\(arguments): \(wrong.errors)")
            }
        }
    }

    @Test(
        "one that cannot be written leaves the promotion standing, says so, and is written by promoting again",
        arguments: [(403, 77), (500, 69)])
    func cannotBeWritten(answer: Int, status: Int32) async throws {
        // The copy puts the manifest and the tag.
        let fault = Fault("PUT", "/manifests/", skipping: 2, times: 999, .answer(ScriptedResponse(answer)))
        try await withFakeRegistry(faults: [fault]) { registry in
            try await Shop.with { shop in
                _ = try await shop.build()
                try writeKeyPair("promoter", in: shop.directory)
                let repository = try "\(registry.repository("shop/release"))"
                let release = "\(repository):\(shop.tag)"
                let copied = try await shop.run("copy", "oci:release:\(shop.tag)", release)
                try expectSuccess(copied)
                let missing = try await promote(shop, release, to: "staging")
                #expect(missing.status == status, "\(missing.output)\(missing.errors)")
                #expect(missing.output.contains("✓ promoted: stage/staging is"), "\(missing.output)")
                #expect(missing.output.contains("✗ statement not attached: "), "\(missing.output)")
                let head = try await shop.gitops("rev-parse", "stage/staging")
                registry.fail([])
                let again = try await promote(shop, release, to: "staging")
                try expectSuccess(again)
                #expect(again.output.contains("✓ unchanged"), "\(again.output)")
                #expect(again.output.contains("✓ statement attached to the capsule\n"), "\(again.output)")
                #expect(try await shop.gitops("rev-parse", "stage/staging") == head)
                let ladder = try await self.status(shop, repository)
                #expect(ladder.output.hasPrefix("staging  \(shop.tag)  since"), "\(ladder.output)\(ladder.errors)")
            }
        }
    }

    @Test("a key that is not there stops the promotion before anything is done")
    func noKey() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await shop.run(
                "promote", "oci:release:\(shop.tag)", "--gitops", "gitops.git", "--image", "oci:image", "--stage",
                "staging", "--attest-key", "missing.key")
            #expect(outcome.status != 0 && outcome.errors.contains("--attest-key \"missing.key\""), "\(outcome.errors)")
            let branches = try await shop.gitops("for-each-ref", "--format=%(refname:short)")
            #expect(!branches.contains("stage/staging"))
        }
    }

    @Test(
        "audit requires all that the policy required then, that nothing is revoked since, and the promotion's statement"
    )
    func audit() async throws {
        try await Shop.with { shop in
            let repository = "registry.example.com/shop/release"
            for name in ["ci", "promoter"] { try writeKeyPair(name, in: shop.directory) }
            func policy(_ more: String = "") async throws {
                let configuration = String(
                    decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
                let named =
                    configuration.contains("policy:")
                    ? configuration : configuration.replacing("stages:", with: "policy: policy.yaml\nstages:")
                try await shop.changePolicy([
                    "capsule.yaml": named,
                    "apps/shop/keys/ci.pub": String(decoding: readFile("\(shop.directory)/ci.pub"), as: UTF8.self),
                    "apps/shop/policy.yaml": """
                    schemaVersion: release-capsule-policy/v1alpha1
                    keys: {ci: {file: keys/ci.pub}}
                    signatures: {keys: [ci]}
                    \(more)

                    """,
                ])
            }
            func sign() async throws {
                let signed = try await shop.run(
                    "sign", "oci:release:\(shop.tag)", "--key", "ci.pem", "--repository", repository)
                try expectSuccess(signed)
            }
            func promote(_ options: String...) async throws {
                let outcome = try await shop.run(
                    [
                        "promote", "oci:release:\(shop.tag)", "--gitops", "gitops.git", "--image", "oci:image",
                        "--stage", "staging",
                    ] + options)
                try expectSuccess(outcome)
            }
            func audit(_ options: String...) async throws -> CapsuleProgram.Outcome {
                try await shop.run(["audit", "--gitops", "gitops.git", "--image", "oci:image"] + options)
            }
            try await policy()
            _ = try await shop.build()
            try await sign()
            try await promote()
            let proven = try await audit()
            try expectSuccess(proven)
            #expect(proven.output.contains("✓ signature: "), "\(proven.output)")
            let unattested = try await audit("--key", "promoter.pub")
            #expect(unattested.status == 65, "\(unattested.output)\(unattested.errors)")
            #expect(unattested.output.contains("✗ staging     unproven"), "\(unattested.output)")
            #expect(unattested.output.contains("✗ attestation.promotion: none of these keys"), "\(unattested.output)")
            try await promote("--attest-key", "promoter.pem")
            let attested = try await audit("--key", "promoter.pub", "--output", "markdown")
            try expectSuccess(attested)
            #expect(attested.output.contains("- ✓ `attestation.promotion: "), "\(attested.output)")
            #expect(try await audit("--key", "ci.pub").status == 65)
            // What may move next, and why not, says the policy, too.
            let ready = try await shop.run("status", "--gitops", "gitops.git")
            try expectSuccess(ready)
            #expect(ready.output.contains("may take \(shop.tag)"), "\(ready.output)")
            try await policy("stages: {canary: {attestations: [{verified: staging, keys: [ci]}]}}")
            let waiting = try await shop.run("status", "--gitops", "gitops.git")
            #expect(waiting.output.contains("may not take yet \(shop.tag)"), "\(waiting.output)")
            #expect(
                waiting.output.contains("✗ evidence attestation.verified.staging: oci:release holds no"),
                "\(waiting.output)")
            try await Tool.output(["mv", "\(shop.directory)/release", "\(shop.directory)/away"])
            let unknown = try await shop.run("status", "--gitops", "gitops.git")
            try expectSuccess(unknown)
            #expect(unknown.output.contains("✗ evidence: evidence could not be read: "), "\(unknown.output)")
            try await Tool.output(["mv", "\(shop.directory)/away", "\(shop.directory)/release"])
            // The policy of today says nothing about a signature of then, but what it takes back is taken back.
            let capsule = try await shop.run("list", "oci:release", "--output", "json")
            let name = try #require(capsule.output.firstMatch(of: /"digest" : "(sha256:[0-9a-f]{64})"/)).output.1
            try await policy("revoked: {releases: [\(name)]}")
            let revoked = try await audit()
            #expect(revoked.status == 65, "\(revoked.output)\(revoked.errors)")
            #expect(revoked.output.contains("✗ release.revoked: "), "\(revoked.output)")
            try await policy()
            try expectSuccess(try await audit())
            // A key that did not count yet at the time of the commit: nobody could have let the release in.
            let key = "{file: keys/ci.pub, from: 2099-01-01T00:00:00Z}"
            let text = try await shop.gitops("show", "main:apps/shop/policy.yaml")
            try writeFile("\(shop.directory)/late.yaml", text.replacing("{file: keys/ci.pub}", with: key))
            try await Tool.output(["cp", "-r", "\(shop.directory)/policy/apps/shop/keys", shop.directory])
            let late = try await audit("--policy", "late.yaml")
            #expect(late.status == 65, "\(late.output)\(late.errors)")
            #expect(late.output.contains("✗ policy: "), "\(late.output)")
            // The same capsule again, without anything attached to it.
            try await Tool.output(["rm", "-r", "\(shop.directory)/release"])
            _ = try await shop.build()
            let stripped = try await audit("--key", "promoter.pub")
            #expect(stripped.status == 65, "\(stripped.output)\(stripped.errors)")
            #expect(stripped.output.contains("✗ signature: "), "\(stripped.output)")
            #expect(stripped.output.contains("✗ attestation.promotion: "), "\(stripped.output)")
        }
    }
}
