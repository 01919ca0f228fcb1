import Archive
import CapsuleTestSupport
import Testing

@Suite("capsule promote", .timeLimit(.minutes(3)), .needs("git", "kubectl"))
struct PromoteTests {
    @Test("takes a release up the ladder, one commit a stage, and none the second time")
    func ladder() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let staging = try await shop.promote("staging")
            try expectSuccess(staging)
            try expectGolden(commits(normalised(staging.output, shop)), "promote-staging.txt")
            let files = try await shop.gitops("ls-tree", "-r", "--name-only", "stage/staging")
            try expectGolden(files + "\n", "promote-files.txt")
            let head = try await shop.gitops("rev-parse", "stage/staging")
            let again = try await shop.promote("staging")
            try expectSuccess(again)
            #expect(again.output.contains("unchanged: stage/staging"))
            let after = try await shop.gitops("rev-parse", "stage/staging")
            #expect(after == head)
            let canary = try await shop.promote("canary")
            try expectSuccess(canary)
            let production = try await shop.promote("production")
            try expectSuccess(production)
            #expect(
                production.output.contains("merge capsule/production/\(shop.tag) into stage/production"),
                "\(production.output)")
        }
    }

    @Test("a shut gate is 65, says what opens it, and pushes nothing")
    func gate() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await shop.promote("canary")
            #expect(outcome.status == 65)
            try expectGolden(normalised(outcome.output, shop), "promote-refused.txt")
            let branches = try await shop.gitops("branch", "--format=%(refname:short)")
            #expect(branches == "main")
        }
    }

    @Test("a stage that is refused does not keep the others back")
    func several() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await shop.promote("staging", "canary", options: ["--output", "json"])
            #expect(outcome.status == 65)
            let branches = try await shop.gitops("branch", "--format=%(refname:short)")
            #expect(branches == "main\nstage/staging")
            #expect(outcome.output.contains(#""outcome" : "promoted""#))
            #expect(outcome.output.contains(#""outcome" : "refused""#))
        }
    }

    @Test("a dry run shows gates and the difference, and pushes nothing")
    func dryRun() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await shop.promote("staging", options: ["--dry-run"])
            try expectSuccess(outcome)
            #expect(outcome.output.contains("would be promoted; nothing was pushed"))
            let json = try await shop.promote("staging", options: ["--dry-run", "--output", "json"])
            try expectGolden(normalised(json.output, shop), "promote-dry-run.json")
            let branches = try await shop.gitops("branch", "--format=%(refname:short)")
            #expect(branches == "main")
        }
    }

    @Test("an altered capsule is 65 before anything is rendered")
    func altered() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            try shop.alterLayer("release")
            let outcome = try await shop.promote("staging")
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("capsule.layer"))
            let branches = try await shop.gitops("branch", "--format=%(refname:short)")
            #expect(branches == "main")
        }
    }

    @Test("an older release is refused, and goes as a rollback")
    func rollback() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let newer = try await shop.release(day: 7, ["deploy/kustomize/base/settings.ini": "currency = USD\n"])
            _ = try await newer.build()
            let first = try await newer.promote("staging")
            try expectSuccess(first)
            let refused = try await shop.promote("staging", options: ["--source", "app"])
            #expect(refused.status == 65)
            #expect(refused.output.contains("✗ order"), "\(refused.output)")
            let rollback = try await shop.promote("staging", options: ["--rollback"])
            try expectSuccess(rollback)
        }
    }

    @Test("names the stages there are when one is not there")
    func noStage() async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            let outcome = try await shop.promote("nowhere")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("the stages there are: staging, canary, production"), "\(outcome.errors)")
        }
    }

    @Test("takes no name that is a path or an option", arguments: ["../x", "-x", "Staging", "a_b"])
    func names(_ name: String) async throws {
        let outcome = try await CapsuleProgram.run(
            ["promote", "git-\(String(repeating: "0", count: 40))", "--stage=\(name)"])
        #expect(outcome.status == 64)
    }

    private func commits(_ text: String) -> String {
        text.replacing(#/is [0-9a-f]{12}/#, with: "is COMMIT")
    }
}
