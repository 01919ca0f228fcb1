import Archive
import CapsuleCore
import CapsuleTestSupport
import Documents
import GitOps
import OCI
import Promotion
import ReleaseWorkflows
import Signing
import Support
import Testing

/// What a policy lets into a stage, by the command line and with a clock that stands. Rows S6 and S7 of docs/security.md.
@Suite("A policy", .timeLimit(.minutes(4)), .enabled(if: Tool.exists("git") && Tool.exists("kubectl")))
struct PolicyTests {
    private static let signed = "signatures: {keys: [ci]}\n"

    private func gates(_ report: ReleasePromotion.Report, _ stage: String) throws -> [GateResult] {
        try #require(report.stages.first { $0.stage == stage }).gates.filter { $0.gate == .evidence }
    }

    @Test("refuses an unsigned release with 65 and touches no branch, and lets the signed one go")
    func signature() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            let shop = policed.shop
            let refused = try await shop.promote("staging")
            #expect(refused.status == 65, "\(refused.output)\(refused.errors)")
            #expect(
                refused.output.contains("✗ evidence signature: oci:release holds no signature of this capsule"),
                "\(refused.output)")
            #expect(refused.output.contains("refused: a gate is shut"), "\(refused.output)")
            #expect(try await policed.branches() == "main")
            // For another repository, or by another key: the same.
            try await policed.sign("ci", for: "registry.example.com/other/release")
            let other = try await shop.promote("staging", options: ["--output", "json"])
            #expect(other.status == 65 && other.output.contains("was made for"), "\(other.output)\(other.errors)")
            #expect(other.output.contains(#""change" : "refused""#), "\(other.output)")
            #expect(!other.output.contains(#""renderer""#), "what nobody vouched for is not rendered")
            try await policed.sign("stranger")
            #expect(try await shop.promote("staging").status == 65)
            #expect(try await policed.branches() == "main")
            try await policed.sign("ci")
            let promoted = try await shop.promote("staging")
            #expect(promoted.status == 0, "\(promoted.output)\(promoted.errors)")
            let commit = try await shop.gitops("rev-parse", "--short=12", "main")
            #expect(
                promoted.output.contains("✓ evidence signature: as apps/shop/policy.yaml at \(commit) asks"),
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
            #expect(outcome.output.contains("1 of 2 signatures hold"), "\(outcome.output)")
            #expect(try await policed.branches() == "main\nstage/staging")
            // The other gates of a stage that is refused are asked, too.
            #expect(outcome.output.contains("after staging"), "\(outcome.output)")
            try await policed.sign("promoter")
            let canary = try await policed.shop.promote("canary")
            #expect(canary.status == 0, "\(canary.output)\(canary.errors)")
        }
    }

    @Test("is the one of the revision that is named, with the keys of that revision")
    func revision() async throws {
        try await PolicedShop.with("signatures: {keys: [promoter]}\n") { policed in
            try await policed.sign("ci")
            let strict = try await policed.shop.gitops("rev-parse", "main")
            let lenient = try await policed.change(Self.signed)
            let refused = try await policed.shop.promote("staging", options: ["--revision", strict])
            #expect(refused.status == 65, "\(refused.output)\(refused.errors)")
            #expect(refused.output.contains("evidence signature"), "\(refused.output)")
            #expect(try await policed.shop.promote("staging", options: ["--revision", lenient]).status == 0)
            // The key file of the newest commit is another key: the older commit's own still counts.
            try await policed.shop.changePolicy([
                "apps/shop/keys/ci.pub": try policed.key("stranger").verificationKey.pem
            ])
            #expect(try await policed.shop.promote("staging").status == 65)
            let again = try await policed.shop.promote("staging", options: ["--revision", lenient])
            #expect(again.status == 0, "\(again.output)\(again.errors)")
        }
    }

    @Test("that is not there, or whose key is not, is an error and not a policy without rules")
    func missing() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let shop = policed.shop
            try await Tool.output(["git", "rm", "-q", "apps/shop/keys/ci.pub"], in: "\(shop.directory)/policy")
            try await shop.changePolicy([:])
            let noKey = try await shop.promote("staging")
            #expect(noKey.status == 64, "\(noKey.output)")
            #expect(noKey.errors.contains(#"the key ci: there is no regular file "keys/ci.pub""#), "\(noKey.errors)")
            // A link is no regular file, wherever it leads.
            try await Tool.output(
                ["ln", "-s", "promoter.pub", "apps/shop/keys/ci.pub"], in: "\(shop.directory)/policy")
            try await shop.changePolicy([:])
            #expect(try await shop.promote("staging").errors.contains("there is no regular file"))
            try await Tool.output(["git", "rm", "-q", "apps/shop/policy.yaml"], in: "\(shop.directory)/policy")
            try await shop.changePolicy([:])
            let none = try await shop.promote("staging")
            #expect(none.status == 64, "\(none.output)")
            #expect(none.errors.contains(#"there is no regular file "apps/shop/policy.yaml""#), "\(none.errors)")
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
                (Self.signed + "attestations: [{promoted: staging, keys: [ci]}]\n", "could never take a release"),
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

    @Test("takes a release and a key back")
    func revoked() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            try await policed.sign("ci")
            let inspected = try await policed.shop.run(
                "inspect", "oci:release:\(policed.shop.tag)", "--output", "json")
            let json = try JSONParser.parse(Array(inspected.output.utf8), file: "inspect")
            let digest = try #require(
                json["digest"]?.string ?? json["capsule"]?["digest"]?.string, "\(inspected.output)")
            try await policed.change(Self.signed + "revoked: {releases: [\(digest)]}\n")
            let release = try await policed.shop.promote("staging")
            #expect(release.status == 65 && release.output.contains("✗ evidence release.revoked"), "\(release.output)")
            let fingerprint = try policed.key("ci").verificationKey.fingerprint
            try await policed.change("signatures: {keys: [ci, promoter]}\nrevoked: {keys: [\(fingerprint)]}\n")
            let key = try await policed.shop.promote("staging")
            #expect(key.status == 65 && key.output.contains("✗ evidence signature"), "\(key.output)")
            // Nor is it of use beside the policy.
            try writeFile("\(policed.shop.directory)/ci.pub", try policed.key("ci").verificationKey.pem)
            try await policed.sign("promoter")
            let beside = try await policed.shop.promote("staging", options: ["--key", "ci.pub"])
            #expect(beside.status == 65, "\(beside.output)\(beside.errors)")
            #expect(try await policed.branches() == "main")
            #expect(try await policed.shop.promote("staging").status == 0)
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
                        error?.message.contains("none of them counts: security count") == true,
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
            #expect(try await new.shop.build().status == 0)
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
            #expect(try await !new.promote("canary").ok, "ci is no promoter")
            try await new.attestPromotion(to: "canary")
            #expect(try await !new.promote("canary").ok, "canary is not staging")
            try await new.attestPromotion(to: "staging")
            let goes = try await new.promote("canary")
            #expect(goes.ok, "\(goes.text())")
            // On purpose, it goes back.
            #expect(try await old.promote("staging", rollback: .always).ok)
        }
    }

    @Test("holds for rollback, render, diff and verify --stage, and --key only adds to it")
    func otherCommands() async throws {
        try await PolicedShop.with("signatures: {keys: [promoter]}\n") { policed in
            let shop = policed.shop
            let reference = "oci:release:\(shop.tag)"
            let common = ["--image", "oci:image", "--gitops", "gitops.git"]
            try writeFile("\(shop.directory)/ci.pub", try policed.key("ci").verificationKey.pem)
            try await policed.sign("ci")
            func all(_ options: [String]) async throws -> [CapsuleProgram.Outcome] {
                [
                    try await shop.run(
                        ["render", reference, "--deployment", "staging", "--to", "out"] + common + options),
                    try await shop.run(["diff", reference, "--stage", "staging"] + common + options),
                    try await shop.run(["verify", reference, "--stage", "staging"] + common + options),
                    try await shop.run(["promote", reference, "--stage", "staging", "--dry-run"] + common + options),
                ]
            }
            for options in [[], ["--key", "ci.pub"]] {
                for outcome in try await all(options) {
                    #expect(outcome.status == 65, "\(outcome.output)\(outcome.errors)")
                    #expect((outcome.output + outcome.errors).contains("signature"))
                }
            }
            #expect(listTree("\(shop.directory)/out").isEmpty)
            try await policed.sign("promoter")
            for outcome in try await all([]) { #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)") }
            try await Tool.output(["rm", "-r", "out"], in: shop.directory)
            for outcome in try await all(["--key", "ci.pub"]) {
                #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            }
            try writeFile("\(shop.directory)/stranger.pub", try policed.key("stranger").verificationKey.pem)
            try await Tool.output(["rm", "-r", "out"], in: shop.directory)
            for outcome in try await all(["--key", "stranger.pub"]) { #expect(outcome.status == 65) }
            // Two releases on the stage; the policy then changes, and the way back is shut.
            #expect(try await shop.promote("staging").status == 0)
            let next = policed.at(try await shop.release(day: 7))
            #expect(try await next.shop.build().status == 0)
            try await next.sign("promoter")
            #expect(try await next.shop.promote("staging").status == 0)
            let back = ["rollback", "--stage", "staging", "--capsules", "oci:release"] + common
            try await policed.change("signatures: {keys: [ci, promoter]}\nmaximumAge: 1d\n")
            let shut = try await shop.run(back)
            #expect(shut.status == 65 && shut.output.contains("evidence release.age"), "\(shut.output)\(shut.errors)")
            try await policed.change(Self.signed)
            let open = try await shop.run(back)
            #expect(open.status == 0, "\(open.output)\(open.errors)")
        }
    }

    @Test("that whoever promotes has pinned goes before the repository's own, and needs no Git to verify with")
    func pinned() async throws {
        try await PolicedShop.with(Self.signed) { policed in
            let shop = policed.shop
            try await policed.sign("ci")
            try writeFile("\(shop.directory)/pinned/keys/promoter.pub", try policed.key("promoter").verificationKey.pem)
            let head = "schemaVersion: release-capsule-policy/v1alpha1\nkeys: {promoter: {file: keys/promoter.pub}}\n"
            let pinned = ["--policy", "pinned/policy.yaml"]
            try writeFile("\(shop.directory)/pinned/policy.yaml", head + "signatures: {keys: [promoter]}\n")
            #expect(try await shop.promote("staging").status == 0)
            let refused = try await shop.promote("canary", options: pinned)
            #expect(refused.status == 65 && refused.output.contains("evidence signature"), "\(refused.output)")
            let verify = [
                "verify", "oci:release:\(shop.tag)", "--image", "oci:image", "--repository", PolicedShop.signedFor,
            ]
            let unsigned = try await shop.run(verify + pinned)
            #expect(unsigned.status == 65 && unsigned.output.contains("✗ signature"), "\(unsigned.output)")
            let unpack = try await shop.run(["unpack"] + verify.dropFirst() + pinned + ["--to", "out"])
            #expect(unpack.status == 65, "\(unpack.output)\(unpack.errors)")
            try await policed.sign("promoter")
            #expect(try await shop.promote("canary", options: pinned).status == 0)
            #expect(try await shop.run(verify + pinned).status == 0)
            #expect(try await shop.run(["unpack"] + verify.dropFirst() + pinned + ["--to", "out"]).status == 0)
            // Rules for stages only: without a stage, nothing would be asked.
            try writeFile(
                "\(shop.directory)/pinned/policy.yaml", head + "stages: {canary: {signatures: {keys: [promoter]}}}\n")
            for (options, status, words) in [
                ([], 64, "say which one with --stage"), (["--stage", "canary"], 0, ""),
                (["--stage", "canary-2"], 1, "the policy's stages are: canary"),
            ] as [([String], Int32, String)] {
                let outcome = try await shop.run(verify + pinned + options)
                #expect(outcome.status == status, "\(options): \(outcome.output)\(outcome.errors)")
                #expect(outcome.errors.contains(words), "\(outcome.errors)")
            }
            // Asked of a stage where no policy is named.
            let text = String(decoding: try readFile("\(shop.directory)/policy/capsule.yaml"), as: UTF8.self)
            try await shop.changePolicy(["capsule.yaml": text.replacing("policy: policy.yaml\n", with: "")])
            let none = try await shop.run(verify + ["--stage", "staging", "--gitops", "gitops.git"])
            #expect(none.status == 64 && none.errors.contains("names no policy"), "\(none.errors)")
            let nothing = try await shop.run(verify)
            #expect(nothing.status == 64 && nothing.errors.contains("--repository says"), "\(nothing.errors)")
        }
    }
}
