import CapsuleTestSupport
import Documents
import Testing

@Suite("capsule review prune", .timeLimit(.minutes(2)), .needs("git", "kubectl"))
struct ReviewPruneTests {
    private static let git = ["-c", "user.name=Hand", "-c", "user.email=hand@example.com"]

    /// A shop that waits for the review of its release on production.
    private func waiting(_ body: (Shop, _ branch: String) async throws -> Void) async throws {
        try await Shop.with { shop in
            _ = try await shop.build()
            for stage in ["staging", "canary", "production"] { try expectSuccess(try await shop.promote(stage)) }
            try await body(shop, "capsule/production/\(shop.tag)")
        }
    }

    private func prune(_ shop: Shop, _ options: String...) async throws -> CapsuleProgram.Outcome {
        try await shop.run(["review", "prune", "--gitops", "file://\(shop.directory)/gitops.git"] + options)
    }

    /// Merges a review as one squashed commit.
    private func squash(_ shop: Shop, _ branch: String) async throws {
        let commit = try await Tool.output(
            ["git", "-C", "\(shop.directory)/gitops.git"] + Self.git
                + ["commit-tree", "-p", "stage/production", "-m", "Squash", "\(branch)^{tree}"])
        _ = try await shop.gitops("update-ref", "refs/heads/stage/production", commit)
    }

    private func branches(_ shop: Shop) async throws -> String {
        try await shop.gitops("for-each-ref", "--format=%(refname:short)", "refs/heads/capsule")
    }

    @Test(
        "keeps what is open, and removes what is merged; a dry run removes nothing, and a second run has nothing to do")
    func merged() async throws {
        try await waiting { shop, branch in
            _ = try await shop.gitops("branch", "capsule/production/notes", "main")
            let open = try await prune(shop)
            try expectSuccess(open)
            #expect(open.output.contains("– \(branch)  kept\n"), "\(open.output)")
            #expect(open.output.contains("it follows the head of stage/production"), "\(open.output)")
            try await squash(shop, branch)
            let dry = try await prune(shop, "--dry-run", "--output", "json")
            try expectSuccess(dry)
            let report = try JSONParser.parse(Array(dry.output.utf8), file: "report")
            #expect(report["dryRun"] == true && report["ok"] == true && report["left"]?.int == 0)
            let first = report["branches"]?.array?.first { $0["review"]?["branch"]?.string == branch }
            #expect(first?["outcome"] == "finished" && first?["review"]?["standing"] == "merged", "\(dry.output)")
            #expect(first?["review"]?["release"]?.string == shop.tag)
            #expect(try await branches(shop).contains(branch))
            let done = try await prune(shop, "--stage", "production")
            try expectSuccess(done)
            #expect(done.output.contains("✓ \(branch)  removed\n"), "\(done.output)")
            #expect(done.output.contains("kept\n"), "what is not ours stays: \(done.output)")
            #expect(try await branches(shop) == "capsule/production/notes")
            _ = try await shop.gitops("branch", "-D", "capsule/production/notes")
            let none = try await prune(shop)
            try expectSuccess(none)
            #expect(none.errors.contains("there are no review branches"), "\(none.errors)")
        }
    }

    @Test(
        "removes the branch of a witness that the policy branch has, and keeps those that are open, closed or not ours")
    func witnesses() async throws {
        try await PairShop.unpublished { pair in
            var branches: [String] = []
            for day in [5, 6, 7, 8] {
                let release = day == 5 ? pair : PairShop(shop: try await pair.shop.release(day: day))
                try expectSuccess(try await release.publish("--review"))
                branches.append("capsule/release/\(release.tag)")
            }
            let (squashed, merged, edited, closed) = (branches[0], branches[1], branches[2], branches[3])
            let notes = "capsule/release/notes"
            _ = try await pair.shop.gitops("branch", notes, "main")
            try await pair.inClone(
                """
                git checkout -q \(edited); echo more > README.md; git add -A; git commit -q --amend -m Edit; git push -qf
                """)
            func prune(_ options: String...) async throws -> String {
                let outcome = try await pair.shop.run(
                    ["review", "prune", "--gitops", "file://\(pair.directory)/gitops.git"] + options)
                return try expectSuccess(outcome).output
            }
            func left() async throws -> [String] {
                try await self.branches(pair.shop).split(separator: "\n").map(String.init)
            }
            let before = try await prune("--older-than", "1s")
            #expect(before.matches(of: #/ kept\n/#).count == 5, "\(before)")
            for reason in [
                "follows the head of main", "changes other files than the witness", "no witness of a release",
            ] {
                #expect(before.contains(reason), "\(before)")
            }
            try await pair.inClone(
                """
                git checkout -q main; git merge -q --squash origin/\(squashed); git commit -qm Squash
                git merge -q --no-ff -m Merge origin/\(merged); git push -q origin main
                """)
            #expect(try await prune("--stage", "production") == "")
            let dry = try await prune("--dry-run")
            #expect(dry.contains("main has the same witness") && dry.contains("main contains its commit"), "\(dry)")
            #expect(dry.contains("main has moved on without it; it may still be open"), "\(dry)")
            #expect(try await left().count == 5)
            _ = try await prune()
            #expect(try await left() == [closed, edited, notes].sorted())
            // The same commit, made long ago.
            let old = try await Tool.output(
                ["git", "-C", "\(pair.directory)/gitops.git"] + Self.git
                    + ["commit-tree", "-p", "\(closed)^", "-m", "Old", "\(closed)^{tree}"],
                environment: Shop.environment)
            _ = try await pair.shop.gitops("update-ref", "refs/heads/\(closed)", old)
            _ = try await prune("--older-than", "1d")
            #expect(try await left() == [edited, notes].sorted())
        }
    }

    @Test("keeps an outdated review without --older-than, and removes it with it")
    func older() async throws {
        try await waiting { shop, branch in
            let commit = try await Tool.output(
                ["git", "-C", "\(shop.directory)/gitops.git"] + Self.git
                    + ["commit-tree", "-p", "stage/production", "-m", "Other", "stage/production^{tree}"])
            _ = try await shop.gitops("update-ref", "refs/heads/stage/production", commit)
            for options in [[], ["--older-than", "30d"]] {
                let kept = try await shop.run(
                    ["review", "prune", "--gitops", "file://\(shop.directory)/gitops.git"] + options)
                try expectSuccess(kept)
                #expect(kept.output.contains("--older-than removes old ones"), "\(kept.output)")
            }
            // The same commit, made long ago.
            let old = try await Tool.output(
                ["git", "-C", "\(shop.directory)/gitops.git"] + Self.git
                    + ["commit-tree", "-p", "\(branch)^", "-m", "Old", "\(branch)^{tree}"],
                environment: Shop.environment)
            _ = try await shop.gitops("update-ref", "refs/heads/\(branch)", old)
            try expectSuccess(try await prune(shop, "--older-than", "1d"))
            #expect(try await branches(shop) == "")
            for wrong in ["0s", "soon", "-1d"] {
                #expect(try await prune(shop, "--older-than=\(wrong)").status == 64)
            }
        }
    }

    @Test("a remote that refuses the removal is 65 with its reason; a stage that does not exist changes nothing")
    func refused() async throws {
        try await waiting { shop, branch in
            try await squash(shop, branch)
            _ = try await shop.gitops("config", "receive.denyDeletes", "true")
            let refused = try await prune(shop)
            #expect(refused.status == 65, "\(refused.output)\(refused.errors)")
            #expect(refused.output.contains("✗ \(branch)  rejected\n"), "\(refused.output)")
            #expect(refused.output.contains("the remote refused to remove it: "), "\(refused.output)")
            let unknown = try await prune(shop, "--stage", "moon")
            #expect(unknown.status == 1 && unknown.errors.contains("moon"), "\(unknown.status) \(unknown.errors)")
            #expect(try await branches(shop) == branch)
        }
    }
}
