import Archive
import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import DeliveryConfiguration
import Documents
import GitOps
import OCI
import Promotion
import ReleaseWorkflows
import Signing
import Support
import Testing

/// Which releases a policy lets into a stage, by the command line and with a fixed clock. Rows S6 and S7 of docs/security.md.
@Suite("A policy", .timeLimit(.minutes(4)), .needs("git", "kubectl"))
struct PolicyTests {
    private static let signed = "signatures: {keys: [ci]}\n"

    private func gates(_ report: ReleasePromotion.Report, _ stage: String) throws -> [GateResult] {
        try #require(report.stages.first { $0.stage == stage }).gates.filter { $0.gate == .evidence }
    }

    @Test("rejects an unsigned release with 65, and creates no branch")
    func unsigned() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            let rejected = try await policed.shop.promote("staging")
            #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
            #expect(
                rejected.output.contains("✗ evidence signature: oci:release holds no signature of this capsule"),
                "\(rejected.output)")
            #expect(rejected.output.contains("rejected: a gate is closed"), "\(rejected.output)")
            #expect(try await policed.branches() == "main")
        }
    }

    @Test("rejects a signature that was made for another repository, before anything is rendered")
    func otherRepository() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci", for: "registry.example.com/other/release")
            let rejected = try await policed.shop.promote("staging", options: ["--output", "json"])
            #expect(rejected.status == 65, "\(rejected.errors)")
            #expect(rejected.output.contains("was made for"), "\(rejected.output)")
            #expect(rejected.output.contains(#""change" : "refused""#), "\(rejected.output)")
            #expect(!rejected.output.contains(#""renderer""#), "what nobody vouched for is not rendered")
            #expect(try await policed.branches() == "main")
        }
    }

    @Test("rejects a signature by a key that the policy does not name")
    func otherKey() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("stranger")
            #expect(try await policed.shop.promote("staging").status == 65)
            #expect(try await policed.branches() == "main")
        }
    }

    @Test("accepts a signed release, and says which policy required the signature")
    func signature() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let promoted = try expectSuccess(try await policed.shop.promote("staging"))
            let commit = try await policed.shop.gitops("rev-parse", "--short=12", "main")
            #expect(
                promoted.output.contains("✓ evidence signature: as apps/shop/policy.yaml at \(commit) requires"),
                "\(promoted.output)")
            #expect(try await policed.branches() == "main\nstage/staging")
        }
    }

    @Test("refuses the one stage whose rules are not met, and not the others")
    func perStage() async throws {
        let policy = Self.signed + "stages: {canary: {signatures: {keys: [ci, promoter], threshold: 2}}}\n"
        try await PolicedShop.with(policy) { policed in
            try await policed.sign("ci")
            let outcome = try await policed.shop.promote("staging", "canary")
            #expect(outcome.status == 65)
            #expect(outcome.output.contains("1 of 2 signatures are valid"), "\(outcome.output)")
            #expect(try await policed.branches() == "main\nstage/staging")
            // The other gates of a stage that is refused are asked, too.
            #expect(outcome.output.contains("after staging"), "\(outcome.output)")
            try await policed.sign("promoter")
            let canary = try await policed.shop.promote("canary")
            try expectSuccess(canary)
        }
    }

    @Test("is the one of the revision that is named")
    func revision() async throws {
        try await PolicedShop.with("signatures: {keys: [promoter]}\n") { policed in
            try await policed.sign("ci")
            let strict = try await policed.shop.gitops("rev-parse", "main")
            let lenient = try await policed.change(Self.signed)
            let rejected = try await policed.shop.promote("staging", options: ["--revision", strict])
            #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
            #expect(rejected.output.contains("evidence signature"), "\(rejected.output)")
            try expectSuccess(try await policed.shop.promote("staging", options: ["--revision", lenient]))
        }
    }

    @Test("has the keys of the revision that is named, whatever the newest commit's key files hold")
    func keysOfRevision() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let before = try await policed.shop.gitops("rev-parse", "main")
            try await policed.shop.changePolicy([
                "apps/shop/keys/ci.pub": try policed.key("stranger").verificationKey.pem
            ])
            #expect(try await policed.shop.promote("staging").status == 65)
            // The revision adds the keys of its time, and does not replace those of today.
            let rejected = try await policed.shop.promote("staging", options: ["--revision", before])
            #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
            #expect(rejected.output.contains("by policy "), "\(rejected.output)")
            try await policed.sign("stranger")
            try expectSuccess(try await policed.shop.promote("staging"))
            try expectSuccess(try await policed.shop.promote("staging", options: ["--revision", before]))
        }
    }

    @Test(
        "of today holds for render, diff, verify --stage and promote, whatever revision is named",
        arguments: commands + [["promote", "--stage", "staging"]])
    func headPolicy(_ command: [String]) async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let before = try await policed.shop.gitops("rev-parse", "main")
            try expectSuccess(try await run(command + ["--revision", before], policed))
            _ = try await policed.change("signatures: {keys: [ci, promoter], threshold: 2}\n")
            try await Tool.output(["rm", "-rf", "out"], in: policed.shop.directory)
            let rejected = try await run(command + ["--revision", before], policed)
            #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
        }
    }

    @Test("of today sets the limits of a render, whatever revision is named")
    func headLimits() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let text = String(decoding: try readFile("\(policed.shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await policed.shop.changePolicy([
                "capsule.yaml": text.replacing(
                    "  - name: staging\n", with: "  - name: staging\n    allowNamespaces: [kube-system]\n")
            ])
            let wide = try await policed.shop.gitops("rev-parse", "main")
            let render = ["render", "--deployment", "staging"]
            try await policed.shop.changePolicy(["capsule.yaml": text])
            for command in [render + ["--to", "out"], ["promote", "--stage", "staging"]] {
                let rejected = try await run(command + ["--revision", wide], policed)
                #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
                #expect(
                    (rejected.output + rejected.errors).contains("allowNamespaces has kube-system"),
                    "\(rejected.output)\(rejected.errors)")
            }
        }
    }

    @Test(
        "counts a promotion only for the repository, the deployment, the branch, the image and the witness that the statement names",
        arguments: ["nothing", "repository", "deployment", "branch", "image", "witness", "time"])
    func subjects(_ other: String) async throws {
        let policy = """
            stages:
              canary:
                attestations: [{promoted: staging, keys: [promoter]}]

            """
        try await PolicedShop.with(policy) { policed in
            try expectSuccess(try await policed.shop.promote("staging"))
            try await policed.attestPromotion(to: "staging") { statement in
                switch other {
                case "repository": statement.gitops.repository = "https://git.example.com/another/gitops.git"
                case "deployment": statement.deployment = "another"
                case "branch": statement.gitops.branch = "stage/another/staging"
                case "image": statement.freight.image.digest = .sha256(of: [1])
                case "witness":
                    statement.witness = WitnessReference(
                        path: try RelativePath("a.yaml"), commit: statement.gitops.commit, digest: .sha256(of: [1]))
                case "time": statement.promotedAt = 4_000_000_000
                default: break
                }
            }
            let promoted = try await policed.shop.promote("canary")
            #expect(promoted.status == (other == "nothing" ? 0 : 65), "\(promoted.output)\(promoted.errors)")
            if other != "nothing" {
                #expect(promoted.output.contains("evidence attestation.promoted.staging"), "\(promoted.output)")
            }
        }
    }

    @Test("does not count the promotion of another GitOps repository by the same key")
    func otherRemote() async throws {
        let policy = """
            stages:
              canary:
                attestations: [{promoted: staging, keys: [promoter]}]

            """
        try await PolicedShop.with(policy) { policed in
            let shop = policed.shop
            let key = try policed.key("promoter").encryptedPEM(password: Array("words".utf8))
            try writeFile("\(shop.directory)/promoter.pem", key)
            try writeFile("\(shop.directory)/password", "words\n")
            try await Tool.output(["cp", "-r", "gitops.git", "other.git"], in: shop.directory)
            func promote(
                _ stage: String, in remote: String, _ options: String...
            ) async throws -> CapsuleProgram.Outcome {
                try await shop.run(
                    [
                        "promote", "oci:release:\(shop.tag)", "--gitops", "\(shop.directory)/\(remote)", "--image",
                        "oci:image", "--stage", stage,
                    ] + options)
            }
            try expectSuccess(
                try await promote(
                    "staging", in: "other.git", "--attest-key", "promoter.pem", "--password-file", "password",
                    "--repository", PolicedShop.signedFor))
            try expectSuccess(try await promote("canary", in: "other.git"))
            try expectSuccess(try await promote("staging", in: "gitops.git"))
            let rejected = try await promote("canary", in: "gitops.git")
            #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
            #expect(rejected.output.contains("it is about the GitOps repository"), "\(rejected.output)")
        }
    }

    @Test(
        "whose key is not a regular file of the repository is an error, and not a policy without rules",
        arguments: [
            "git rm -q apps/shop/keys/ci.pub",
            // A link is not a regular file, wherever it leads.
            "git rm -q apps/shop/keys/ci.pub && ln -s promoter.pub apps/shop/keys/ci.pub",
        ])
    func missingKey(_ change: String) async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            try await Tool.output(["sh", "-c", change], in: "\(policed.shop.directory)/policy")
            try await policed.shop.changePolicy([:])
            let stopped = try await policed.shop.promote("staging")
            #expect(stopped.status == 64, "\(stopped.output)")
            #expect(
                stopped.errors.contains(#"the key ci: "keys/ci.pub" is not a regular file"#), "\(stopped.errors)")
            #expect(try await policed.branches() == "main")
        }
    }

    @Test("that the configuration names and the repository lacks is an error, and not a policy without rules")
    func missing() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            try await Tool.output(
                ["git", "rm", "-q", "apps/shop/policy.yaml"], in: "\(policed.shop.directory)/policy")
            try await policed.shop.changePolicy([:])
            let stopped = try await policed.shop.promote("staging")
            #expect(stopped.status == 64, "\(stopped.output)")
            #expect(
                stopped.errors.contains(#""apps/shop/policy.yaml" is not a regular file"#), "\(stopped.errors)")
            #expect(try await policed.branches() == "main")
        }
    }

    @Test("of any size ends as an answer, and lets nothing in")
    func huge() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            for (size, status, words) in [(300 << 10, 65, "at most 262144"), (3 << 20, 65, "too large")]
                as [(Int, Int32, String)]
            {
                try await policed.change(Self.signed + "#" + String(repeating: "x", count: size) + "\n")
                let outcome = try await policed.shop.promote("staging")
                #expect(outcome.status == status, "\(outcome.errors)")
                #expect(outcome.errors.contains(words) && outcome.errors.utf8.count < 1_000, "\(outcome.errors)")
            }
            try await policed.change(Self.signed)
            try await policed.shop.changePolicy(["apps/shop/keys/ci.pub": String(repeating: "x", count: 20 << 10)])
            let key = try await policed.shop.promote("staging")
            #expect(key.status == 64 && key.errors.contains("more than 16384 bytes"), "\(key.errors)")
            #expect(try await policed.branches() == "main")
        }
    }

    @Test(
        "with a typo, an empty list or a stage that is not there stops everything with 64 before the registry is asked")
    func wrong() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            for (policy, message) in [
                ("signatures: {keys: []}\n", "apps/shop/policy.yaml at"), ("signature: {keys: [ci]}\n", "unknown key"),
                (Self.signed + "stages: {prod: {maximumAge: 1d}}\n", "\"prod\", which is not a stage"),
                (Self.signed + "attestations: [{promoted: staging, keys: [ci]}]\n", "could never accept a release"),
                (
                    Self.signed + "revoked: {keys: [\(try policed.key("ci").verificationKey.fingerprint)]}\n",
                    "ci is revoked"
                ),
            ] {
                try await policed.change(policy)
                // The release is not there: whoever looked for it first would say so.
                let outcome = try await policed.shop.run(
                    "promote", "oci:nowhere:\(policed.shop.tag)", "--gitops", "gitops.git", "--stage", "staging")
                #expect(outcome.status == 64, "\(policy): \(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains(message), "\(outcome.errors)")
            }
        }
    }

    @Test("revokes a release")
    func revokedRelease() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let inspected = try await policed.shop.run(
                "inspect", "oci:release:\(policed.shop.tag)", "--output", "json")
            let json = try JSONParser.parse(Array(inspected.output.utf8), file: "inspect")
            let digest = try #require(
                json["digest"]?.string ?? json["capsule"]?["digest"]?.string, "\(inspected.output)")
            try await policed.change(Self.signed + "revoked: {releases: [\(digest)]}\n")
            let rejected = try await policed.shop.promote("staging")
            #expect(
                rejected.status == 65 && rejected.output.contains("✗ evidence release.revoked"), "\(rejected.output)")
            #expect(try await policed.branches() == "main")
        }
    }

    @Test("revokes a key, and --key does not bring it back")
    func revokedKey() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let key = try policed.key("ci").verificationKey
            try await policed.change("signatures: {keys: [ci, promoter]}\nrevoked: {keys: [\(key.fingerprint)]}\n")
            let rejected = try await policed.shop.promote("staging")
            #expect(rejected.status == 65 && rejected.output.contains("✗ evidence signature"), "\(rejected.output)")
            try writeFile("\(policed.shop.directory)/ci.pub", key.pem)
            try await policed.sign("promoter")
            let named = try await policed.shop.promote("staging", options: ["--key", "ci.pub"])
            #expect(named.status == 65, "\(named.output)\(named.errors)")
            #expect(try await policed.branches() == "main")
            try expectSuccess(try await policed.shop.promote("staging"))
        }
    }

    @Test("counts a release's age to the second, and says so when one of two clocks is wrong")
    func age() async throws {
        try await PolicedShop.with(Self.signed + "maximumAge: 4d\n") { policed in
            try await policed.sign("ci")
            // The commit is of 2026-01-05T09:00:00Z.
            let committed: Int64 = 1_767_603_600
            let old = try await policed.promote("staging", now: committed + 4 * 86_400 + 1)
            #expect(!old.ok)
            #expect(try gates(old, "staging").map(\.subject) == ["signature", "release.age"])
            #expect(try gates(old, "staging").map(\.ok) == [true, false])
            let early = try await policed.promote("staging", now: committed - 301)
            #expect(!early.ok)
            #expect(try gates(early, "staging").last?.reason.contains("one of the two clocks is wrong") == true)
            #expect(try await policed.branches() == "main")
            #expect(try await policed.promote("staging", now: committed - 300).ok)
            #expect(try await policed.promote("staging", now: committed + 4 * 86_400).ok)
        }
    }

    @Test("counts a key within its window, and cannot be asked when too few count")
    func window() async throws {
        try await PolicedShop.with("signatures: {keys: [security]}\n") { policed in
            try await policed.sign("security")
            // From 2026-01-08 until 2026-01-20.
            for (now, ok) in [
                (1_767_830_399, false), (1_767_830_400, true), (1_768_867_199, true), (1_768_867_200, false),
            ]
                as [(Int64, Bool)]
            {
                if ok {
                    #expect(try await policed.promote("staging", now: now).ok)
                } else {
                    let error = await #expect(throws: DocumentError.self) {
                        try await policed.promote("staging", now: now)
                    }
                    #expect(error?.code == .invalidDocument)
                    #expect(
                        error?.message.contains("none of them is valid: security ") == true,
                        "\(error?.message ?? "")")
                }
            }
        }
    }

    @Test("a chain of evidence that holds does not make an older release a newer one")
    func older() async throws {
        let policy = Self.signed + "stages: {canary: {attestations: [{promoted: staging, keys: [promoter]}]}}\n"
        try await PolicedShop.with(policy) { old in
            let new = old.at(try await old.shop.release(day: 7))
            try expectSuccess(try await new.shop.build())
            for release in [old, new] { try await release.sign("ci") }
            try await old.attestPromotion(to: "staging")
            #expect(try await new.promote("staging").ok)
            let back = try await old.promote("staging")
            #expect(!back.ok)
            #expect(try gates(back, "staging").allSatisfy(\.ok))
            #expect(back.stages.first?.gates.filter { !$0.ok }.map(\.gate) == [.order], "\(back.text())")
            // What is said of the older release's promotion does not count for the newer.
            let canary = try await new.promote("canary")
            #expect(try gates(canary, "canary").filter { !$0.ok }.map(\.subject) == ["attestation.promoted.staging"])
            try await new.attestPromotion(to: "staging", by: "ci")
            #expect(try await !new.promote("canary").ok, "ci is not a promoter")
            try await new.attestPromotion(to: "canary")
            #expect(try await !new.promote("canary").ok, "canary is not staging")
            try await new.attestPromotion(to: "staging")
            let goes = try await new.promote("canary")
            #expect(goes.ok, "\(goes.text())")
            // On purpose, it goes back.
            #expect(try await old.promote("staging", rollback: .always).ok)
        }
    }

    /// Each command that a policy decides about, besides `rollback`.
    private static let commands = [
        ["render", "--deployment", "staging", "--to", "out"], ["diff", "--stage", "staging"],
        ["verify", "--stage", "staging"], ["promote", "--stage", "staging", "--dry-run"],
    ]

    @Test("applies to render, diff and verify --stage as to promote", arguments: commands)
    func otherCommands(_ command: [String]) async throws {
        try await PolicedShop.with("signatures: {keys: [promoter]}\n") { policed in
            try await policed.sign("ci")
            let rejected = try await run(command, policed)
            #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
            #expect((rejected.output + rejected.errors).contains("signature"))
            #expect(listTree("\(policed.shop.directory)/out").isEmpty)
            try await policed.sign("promoter")
            try expectSuccess(try await run(command, policed))
        }
    }

    @Test("is not replaced by --key, which only adds to it", arguments: commands)
    func added(_ command: [String]) async throws {
        try await PolicedShop.with("signatures: {keys: [promoter]}\n") { policed in
            for name in ["ci", "stranger"] {
                try writeFile("\(policed.shop.directory)/\(name).pub", try policed.key(name).verificationKey.pem)
            }
            try await policed.sign("ci")
            let rejected = try await run(command + ["--key", "ci.pub"], policed)
            #expect(rejected.status == 65, "\(rejected.output)\(rejected.errors)")
            #expect((rejected.output + rejected.errors).contains("signature"))
            try await policed.sign("promoter")
            #expect(try await run(command + ["--key", "stranger.pub"], policed).status == 65)
            #expect(listTree("\(policed.shop.directory)/out").isEmpty)
            try expectSuccess(try await run(command + ["--key", "ci.pub"], policed))
        }
    }

    private func run(_ command: [String], _ policed: PolicedShop) async throws -> CapsuleProgram.Outcome {
        try await policed.shop.run(
            [command[0], "oci:release:\(policed.shop.tag)"] + command.dropFirst()
                + ["--image", "oci:image", "--gitops", "gitops.git"])
    }

    @Test("applies to a rollback: the policy of today, to the release of yesterday")
    func rollback() async throws {
        try await PolicedShop.with("signatures: {keys: [promoter]}\n") { policed in
            try await policed.sign("ci")
            try await policed.sign("promoter")
            try expectSuccess(try await policed.shop.promote("staging"))
            let next = policed.at(try await policed.shop.release(day: 7))
            try expectSuccess(try await next.shop.build())
            try await next.sign("promoter")
            try expectSuccess(try await next.shop.promote("staging"))
            let rollback = [
                "rollback", "--stage", "staging", "--capsules", "oci:release", "--image", "oci:image", "--gitops",
                "gitops.git",
            ]
            try await policed.change("signatures: {keys: [ci, promoter]}\nmaximumAge: 1d\n")
            let closed = try await policed.shop.run(rollback)
            #expect(
                closed.status == 65 && closed.output.contains("evidence release.age"),
                "\(closed.output)\(closed.errors)")
            try await policed.change(Self.signed)
            try expectSuccess(try await policed.shop.run(rollback))
        }
    }
}
