import CapsuleCore
import CapsuleTestSupport
import PromotionTestSupport
import Testing

@testable import DeliveryConfiguration
@testable import GitOps
@testable import Promotion
@testable import ReleaseWorkflows

/// Anybody who can open a pull request can usually push to a review branch, so what it holds proves nothing.
@Suite("Foreign commits on review branches", .timeLimit(.minutes(2)))
struct ReviewBranchTests {
    /// A stage that holds release 1, with release 2 waiting for its review.
    private struct Waiting {
        let fixture: PromotionFixture
        let clone: TestRepository
        let branch: String
        let receipt: PromotionReceipt

        func head(_ branch: String) async throws -> String { try await fixture.git("rev-parse", branch) }

        func promote() async throws -> PromotionReceipt {
            try await fixture.promote(TestRelease(2), to: "production", now: PromotionFixture.epoch + 60)
        }

        func reviews() async throws -> [String] {
            try await fixture.with { promoter, _ in
                try await promoter.branches.stagesAndReviews().reviews.compactMap(\.head?.description)
            }
        }

        /// Pushes a commit with `files` in the tree of `start` to the review branch.
        func push(_ files: [String: String], from start: String) async throws -> String {
            try await clone.git("fetch", "-q", "origin")
            try await clone.git("checkout", "-q", "--detach", start)
            let commit = try await clone.commit(files, message: "Change")
            try await clone.git("push", "-q", "-f", "origin", "HEAD:refs/heads/\(branch)")
            return commit
        }
    }

    private static let deployment = "apps/shop/deployments/production"

    private func waiting(_ directory: String) async throws -> Waiting {
        let yaml = PromotionFixture.yaml.replacing("    after: [test]\n", with: "").replacing(
            "    requires: [\"approvals/{tag}.yaml\"]\n", with: "")
        let fixture = try await PromotionFixture.create(directory, yaml: yaml)
        let first = try await fixture.promote(TestRelease(1), to: "production")
        let clone = TestRepository(path: "\(directory)/clone")
        try await Tool.output(["git", "clone", "-q", "-b", "stage/production", fixture.remote, clone.path])
        try await clone.git("merge", "-q", "--no-ff", "-m", "Merge", "origin/\(try #require(first.review).head)")
        try await clone.git("push", "-q", "origin", "stage/production")
        let receipt = try await fixture.promote(TestRelease(2), to: "production")
        try #require(receipt.outcome == .review)
        return Waiting(
            fixture: fixture, clone: clone, branch: try #require(receipt.review).head, receipt: receipt)
    }

    @Test(
        "that add to our proposal are not reported as ours, and the next proposal has nothing of them",
        arguments: [
            ".github/workflows/x.yaml", "README.md", "apps/other/deployments/production/deploy/x.yaml",
            "hydrator.metadata", "apps/shop/deployments/test/deploy/x.yaml", "apps/shop/deployments/production/x",
        ])
    func additions(path: String) async throws {
        try await withTemporaryDirectory { directory in
            let waiting = try await waiting(directory)
            let stage = try await waiting.head("stage/production")
            let ours = try #require(waiting.receipt.commit?.description)
            #expect(try await waiting.reviews() == [ours])
            #expect(try await waiting.promote().commit?.description == ours)
            // On top of our commit, and in place of it: a commit that also follows the stage.
            for start in [waiting.branch, stage] {
                try await waiting.clone.git("fetch", "-q", "origin")
                try await waiting.clone.git("checkout", "-q", "--detach", start == stage ? stage : "origin/\(start)")
                if start == stage { try await waiting.clone.git("checkout", "-q", ours, "--", ".") }
                let foreign = try await waiting.clone.commit([path: "foreign\n"], message: "Change")
                try await waiting.clone.git("push", "-q", "-f", "origin", "HEAD:refs/heads/\(waiting.branch)")
                if path != "hydrator.metadata" { #expect(try await waiting.reviews() == []) }
                let receipt = try await waiting.promote()
                #expect(receipt.outcome == .review)
                let commit = try #require(receipt.commit?.description)
                #expect(commit != foreign)
                #expect(try await waiting.head("\(commit)^1") == stage)
                #expect(try await waiting.head("\(commit)^2") == foreign)
                #expect(try await waiting.head("\(commit)^{tree}") == waiting.head("\(ours)^{tree}"))
                #expect(try await waiting.head(waiting.branch) == commit)
                // Now it is ours, and is left as it is.
                #expect(try await waiting.promote().commit?.description == commit)
                #expect(try await waiting.reviews() == [commit])
            }
        }
    }

    @Test("that forge a record are neither a review nor part of the history after the merge")
    func forgedRecord() async throws {
        try await withTemporaryDirectory { directory in
            let waiting = try await waiting(directory)
            let stage = try await waiting.head("stage/production")
            let record = "\(Self.deployment)/release-metadata.yaml"
            // The record and the trailers of a release that the stage never held.
            let other = try await waiting.fixture.with { promoter, snapshot in
                try TestRelease(9).promotion(promoter.configuration, stage: "production", snapshot: snapshot)
            }
            let content = try #require(other.content)
            try await waiting.clone.git("fetch", "-q", "origin")
            try await waiting.clone.git("checkout", "-q", "--detach", stage)
            let forged = try await waiting.clone.commit(
                [record: content.record.yaml()], message: StageCommitMessage.text(content, other))
            try await waiting.clone.git("push", "-q", "-f", "origin", "HEAD:refs/heads/\(waiting.branch)")
            #expect(try await waiting.reviews() == [])
            let receipt = try await waiting.promote()
            let commit = try #require(receipt.commit?.description)
            #expect(try await waiting.head("\(commit)^1") == stage)
            // Merged by moving the branch, which makes every first parent of our commit part of its history.
            _ = try await waiting.fixture.git("branch", "-f", "stage/production", commit)
            let held = try await waiting.fixture.with { promoter, _ in
                let state = try await promoter.branches.states(of: ["production"])[0]
                var held: [ReleaseIdentity?] = []
                for try await hold in try promoter.branches.holds(of: state) {
                    held.append(hold.record?.release.identity)
                }
                return held
            }
            #expect(try held == [TestRelease(2).identity, TestRelease(1).identity])
            let back = try await waiting.fixture.promote(
                TestRelease(9, committed: 1), to: "production", rollback: .held)
            #expect(back.outcome == .refused)
            for (commit, isHeld) in [(commit, true), (stage, true), (forged, false)] {
                try await waiting.fixture.with { promoter, _ in
                    let id = try CommitID(commit)
                    if isHeld {
                        #expect(try await promoter.branches.state(of: "production", at: id).head == id)
                    } else {
                        await #expect(throws: CapsuleError.self) {
                            try await promoter.branches.state(of: "production", at: id)
                        }
                    }
                }
            }
        }
    }

    @Test("in the way of the first proposal are the second parent of ours")
    func first() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    after: [test]\n", with: "").replacing(
                "    requires: [\"approvals/{tag}.yaml\"]\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            let branch = "capsule/production/\(try TestRelease(1).identity)"
            _ = try await fixture.git("branch", branch, "main")
            let receipt = try await fixture.promote(TestRelease(1), to: "production")
            #expect(receipt.outcome == .review)
            #expect(try await fixture.git("rev-parse", "\(branch)^1") == fixture.git("rev-parse", "stage/production"))
            #expect(try await fixture.git("rev-parse", "\(branch)^2") == fixture.git("rev-parse", "main"))
            #expect(try await !fixture.files(branch).contains("README.md"))
        }
    }
}
