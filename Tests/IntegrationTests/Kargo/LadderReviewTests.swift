import CapsuleTestSupport
import FoundationEssentials
import KargoTestSupport
import Testing

/// What ends how where people decide: faults at the steps that open and await a pull request, and what people do with one.
@Suite("Reviews that Kargo awaits", .timeLimit(.minutes(4)), .needs("git", "kubectl", "docker-registry"))
struct LadderReviewTests {
    /// One stage, with a review.
    private static let reviewed: Ladder.Application = {
        var application = LadderTests.shop
        application.stages = [("production", "{name: production, review: pull-request}")]
        return application
    }()
    private static let branch = "stage/production"
    private static let forms = ["capsule", "pair"]

    private func waits(_ promotion: inout PromotionRunner) async throws -> FakeForge.PullRequest {
        guard case .running = try await promotion.run() else {
            throw ToolFailure(description: "it does not wait: \(promotion.records)")
        }
        return try #require(promotion.cluster.forge.pullRequests.last)
    }

    /// Reconciles until the Promotion ends; a wait for people does not end this.
    private func ends(_ promotion: inout PromotionRunner, within count: Int = 20) async throws -> PromotionPhase {
        for _ in 0..<count {
            let phase = try await promotion.run()
            guard case .running = phase else { return phase }
        }
        throw ToolFailure(description: "it still waits: \(promotion.name) \(promotion.faults) \(promotion.records)")
    }

    @Test(
        "one and two faults at each step end no Promotion, endless ones leave the stage as it was",
        arguments: [LadderTests.styles[2], LadderTests.styles[3], LadderTests.styles[4]])
    func faults(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.reviewed, style, days: [5], forms: [style.statements ? "pair" : "capsule"]) {
            ladder in
            let release = ladder.releases[0]
            let prefix = style.tasks ? "promote::" : ""
            for (step, errors) in [("open-review", 5), ("await-review", 10)] {
                var lost = try ladder.promotion(release, to: "production", name: "lost-\(step)")
                lost.faults["\(prefix)\(step)"] = .max
                let phase = try await ends(&lost)
                #expect("\(phase)".contains("connection reset by peer"), "\(step): \(phase)")
                #expect(lost.executions.count { $0 == "\(prefix)\(step)" } == errors, "\(lost.executions)")
                #expect(try await ladder.files(Self.branch) == "", "\(step)")
            }
            var promotion = try ladder.promotion(release, to: "production", name: "faults")
            let steps = ["open-review", "await-review"] + (style.statements ? ["attest"] : []) + ["argocd"]
            for (index, step) in steps.enumerated() { promotion.faults["\(prefix)\(step)"] = 1 + index % 2 }
            for _ in 0..<3 { _ = try await waits(&promotion) }
            let request = try #require(ladder.cluster.forge.pullRequests.last)
            try await ladder.cluster.forge.merge(request.number, in: ladder.remote)
            #expect(try await ends(&promotion) == .succeeded, "\(promotion.records)")
            #expect(try await ladder.holds("production", release))
            #expect(promotion.faults.values.allSatisfy { $0 == 0 }, "\(promotion.faults)")
            guard style.statements else { return }
            var unattested = try ladder.promotion(release, to: "production", name: "unattested")
            unattested.faults["\(prefix)attest"] = .max
            let phase = try await ends(&unattested)
            #expect("\(phase)".contains("connection reset by peer"), "\(phase)")
            #expect(unattested.executions.last == "\(prefix)attest", "\(unattested.executions)")
        }
    }

    @Test(
        "a request that is reopened can be merged, and its Promotion that had ended is promoted again without a request",
        arguments: [LadderTests.styles[0], LadderTests.styles[4]])
    func reopened(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.reviewed, style, forms: Self.forms) { ladder in
            let forge = ladder.cluster.forge
            for release in ladder.releases {
                let before = try await ladder.files(Self.branch)
                // Before Kargo looks, and after it.
                var first = try ladder.promotion(release, to: "production", name: "first-\(release.form)")
                let request = try await waits(&first)
                #expect(request.description.contains("| witness |") == (release.form == "pair"))
                try forge.close(request.number, in: ladder.remote)
                try forge.reopen(request.number, in: ladder.remote)
                _ = try await waits(&first)
                try forge.close(request.number, in: ladder.remote)
                let phase = try await ends(&first)
                #expect("\(phase)".contains("closed without being merged"), "\(phase)")
                #expect(try await ladder.files(Self.branch) == before)
                try forge.reopen(request.number, in: ladder.remote)
                try await forge.merge(request.number, in: ladder.remote, squash: true)
                let count = forge.pullRequests.count
                var again = try ladder.promotion(release, to: "production", name: "again-\(release.form)")
                #expect(try await again.run() == .succeeded, "\(again.records)")
                #expect(forge.pullRequests.count == count)
                #expect(try await ladder.holds("production", release))
            }
        }
    }

    @Test(
        "a merge by a commit made by hand counts by its files: the same are held, others are found",
        arguments: [LadderTests.styles[2], LadderTests.styles[3], LadderTests.styles[4]])
    func byHand(_ style: Ladder.Style) async throws {
        try await Ladder.with(Self.reviewed, style, days: [4, 5, 6, 7], forms: Self.forms + Self.forms) { ladder in
            let forge = ladder.cluster.forge
            for (release, edits) in zip(ladder.releases, [false, false, true, true]) {
                var promotion = try ladder.promotion(
                    release, to: "production", name: "hand-\(release.form)-\(edits)")
                let request = try await waits(&promotion)
                let commit = try await ladder.tree(of: request.source, on: Self.branch)
                var merge = commit
                if edits {
                    let path = "apps/shop/deployments/production/deploy/v1_configmap_added.yaml"
                    merge = try await ladder.commit(
                        [path: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: added}\n"], to: Self.branch)
                }
                try forge.merged(request.number, by: merge, in: ladder.remote)
                let phase = try await ends(&promotion)
                if !edits {
                    #expect(phase == .succeeded, "\(promotion.records)")
                    #expect(try await ladder.holds("production", release))
                } else if style.statements {
                    #expect("\(phase)".contains("v1_configmap_added.yaml") || phase != .succeeded, "\(phase)")
                    #expect(!promotion.executions.contains { $0.hasSuffix("argocd") }, "nothing was deployed by it")
                    #expect(try await ladder.audit("production") == "differs")
                } else {
                    #expect(try await ladder.audit("production") == "differs", "\(phase)")
                }
            }
        }
    }
}

extension Ladder {
    /// The modes, ids and names of the files of a branch; empty for a branch without files, or that does not exist.
    func files(_ branch: String) async throws -> String {
        guard try await !head(branch).isEmpty else { return "" }
        return try await Tool.output(["git", "-C", "\(directory)/gitops.git", "ls-tree", "-r", branch])
    }

    /// Moves a branch to a new commit with the files of another one, as a merge by hand does.
    fileprivate func tree(of source: String, on branch: String) async throws -> String {
        let git = ["git", "-C", "\(directory)/gitops.git", "-c", "user.name=Hand", "-c", "user.email=hand@example.com"]
        let commit = try await Tool.output(
            git + ["commit-tree", "-p", branch, "-m", "By hand", "\(source)^{tree}"])
        try await Tool.output(git + ["update-ref", "refs/heads/\(branch)", commit])
        return commit
    }
}
