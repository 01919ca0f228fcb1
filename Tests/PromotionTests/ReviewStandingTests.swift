import CapsuleCore
import CapsuleTestSupport
import PromotionTestSupport
import Testing

@testable import GitOps
@testable import Promotion

/// What Git alone proves of a review branch. A branch of which it is wrong is lost, so everything uncertain counts against.
@Suite("What is proven of review branches", .timeLimit(.minutes(2)))
struct ReviewStandingTests {
    private static let yaml = PromotionFixture.yaml.replacing("    after: [test]\n", with: "").replacing(
        "    requires: [\"approvals/{tag}.yaml\"]\n", with: "")
    private static let epoch = PromotionFixture.epoch

    /// A stage that holds release 1, with release 2 on a review branch.
    private struct Stand {
        let fixture: PromotionFixture
        let clone: TestRepository
        let branch: String

        func standing(_ branch: String? = nil, now: Int64 = epoch + 1_000) async throws -> ReviewBranch.Standing? {
            try await all(now: now)[branch ?? self.branch]?.standing
        }

        func all(now: Int64 = epoch + 1_000) async throws -> [String: ReviewBranch] {
            let found = try await fixture.with { promoter, _ in
                try await promoter.branches.reviews(of: ["production"], now: now)
            }
            return Dictionary(found.map { ($0.branch, $0) }) { first, _ in first }
        }

        func merge(_ arguments: [String], of branch: String? = nil) async throws {
            try await clone.git("fetch", "-q", "origin")
            try await clone.git("checkout", "-q", "-B", "stage/production", "origin/stage/production")
            let source = "origin/\(branch ?? self.branch)"
            try await Tool.output(["git", "-C", clone.path] + arguments + [source])
            if arguments.contains("--squash") { try await clone.git("commit", "-q", "-m", "Squash") }
            if arguments[0] == "cherry-pick" { try await clone.git("commit", "-q", "--amend", "-m", "Rebased") }
            try await clone.git("push", "-q", "origin", "stage/production")
        }

        /// Pushes a commit with files to a branch, from the tree of `start`.
        func push(_ files: [String: String], from start: String, to target: String) async throws {
            try await clone.git("fetch", "-q", "origin")
            try await clone.git("checkout", "-q", "--detach", start)
            try await clone.commit(files, message: "Change")
            try await clone.git("push", "-q", "-f", "origin", "HEAD:refs/heads/\(target)")
        }

        func promote(_ number: Int, at time: Int64) async throws -> String {
            let receipt = try await fixture.promote(TestRelease(number), to: "production", now: time)
            return try #require(receipt.review).head
        }
    }

    private func stand(_ directory: String) async throws -> Stand {
        let fixture = try await PromotionFixture.create(directory, yaml: Self.yaml)
        let first = try await fixture.promote(TestRelease(1), to: "production")
        _ = try await fixture.git("branch", "-f", "stage/production", try #require(first.commit).description)
        _ = try await fixture.git("branch", "-D", try #require(first.review).head)
        let clone = TestRepository(path: "\(directory)/clone")
        try await Tool.output(["git", "clone", "-q", fixture.remote, clone.path])
        let stand = Stand(fixture: fixture, clone: clone, branch: try TestRelease(2).branch)
        #expect(try await stand.promote(2, at: Self.epoch + 10) == stand.branch)
        return stand
    }

    @Test(
        "a merge is recognised, however it was made, and also after later merges",
        arguments: [
            ["merge", "-q", "--no-ff", "-m", "Merge"], ["merge", "-q", "--ff-only"], ["merge", "-q", "--squash"],
            ["cherry-pick"],
        ])
    func merged(_ how: [String]) async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await stand(directory)
            #expect(try await stand.standing() == .open)
            // A rebase by a Git host makes another commit with the same files.
            try await stand.merge(how)
            #expect(try await stand.standing() == .merged)
            let next = try await stand.promote(3, at: Self.epoch + 20)
            try await stand.merge(["merge", "-q", "--squash"], of: next)
            let all = try await stand.all()
            #expect(all[stand.branch]?.standing == .merged && all[next]?.standing == .merged, "\(all)")
        }
    }

    @Test("a review of a release that the stage held before is open, not merged")
    func back() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await stand(directory)
            try await stand.merge(["merge", "-q", "--squash"])
            let receipt = try await stand.fixture.promote(
                TestRelease(1), to: "production", rollback: .held, now: Self.epoch + 30)
            let back = try #require(receipt.review).head
            #expect(try await stand.standing(back) == .open)
            // The stage moves on: the old hold of release 1 is still before the commit that the review follows.
            try await stand.push(["README.md": "x"], from: "origin/stage/production", to: "stage/production")
            #expect(try await stand.standing(back) == .outdated)
        }
    }

    @Test(
        "a newer review replaces one that the stage has left behind, and no other; a date in the future replaces nothing"
    )
    func replaced() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await stand(directory)
            let newer = try await stand.promote(3, at: Self.epoch + 20)
            #expect(try await stand.all().values.map(\.standing) == [.open, .open], "both can be merged")
            try await stand.push(["README.md": "x"], from: "origin/stage/production", to: "stage/production")
            var all = try await stand.all()
            #expect(all[stand.branch]?.standing == .replaced && all[newer]?.standing == .outdated, "\(all)")
            #expect(try await stand.standing(now: Self.epoch + 15) == .outdated)
            _ = try await stand.fixture.git("branch", "-D", newer)
            #expect(try await stand.standing() == .outdated)
            let merged = try await stand.promote(4, at: Self.epoch + 40)
            try await stand.merge(["merge", "-q", "--squash"], of: merged)
            all = try await stand.all()
            #expect(all[stand.branch]?.standing == .replaced && all[merged]?.standing == .merged, "\(all)")
        }
    }

    @Test(
        "what has anything of others is not ours",
        arguments: [
            (["README.md": "x"], nil), (["apps/shop/deployments/production/deploy/x.yaml": "a: 1"], nil),
            (["apps/shop/deployments/production/release-metadata.yaml": "schemaVersion: x"], nil),
            ([:], "capsule/production/notes"), ([:], "capsule/production/git-1234"), ([:], "SUFFIX_x"),
            ([:], "OTHER"),
        ] as [([String: String], String?)])
    func foreign(_ files: [String: String], _ name: String?) async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await stand(directory)
            let name = name?.replacing("SUFFIX", with: stand.branch).replacing("OTHER", with: try TestRelease(9).branch)
            let target = name ?? stand.branch
            if files.isEmpty {
                _ = try await stand.fixture.git("branch", target, stand.branch)
            } else {
                try await stand.push(files, from: "origin/\(stand.branch)", to: target)
                // Follows the stage, as a commit of ours does.
                let stage = try await stand.fixture.git("rev-parse", "stage/production")
                let commit = try await stand.fixture.git(
                    "-c", "user.name=x", "-c", "user.email=x@example.com", "commit-tree", "-p", stage, "-m", "x",
                    "\(target)^{tree}")
                _ = try await stand.fixture.git("branch", "-f", target, commit)
            }
            try await stand.push(["README.md": "y"], from: "origin/stage/production", to: "stage/production")
            #expect(try await stand.standing(target) == .foreign)
        }
    }

    @Test("the branches of Kargo's own steps are known by the name of the Promotion")
    func kargo() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await stand(directory)
            let branch = "\(stand.branch)-production.01j9.abc"
            _ = try await stand.fixture.git("branch", "-m", stand.branch, branch)
            #expect(try await stand.standing(branch) == .open)
            let open = try await stand.fixture.with { promoter, _ in
                try await promoter.branches.stagesAndReviews().reviews.map(\.branch)
            }
            #expect(open == [branch], "`status` shows it")
            try await stand.merge(["merge", "-q", "--squash"], of: branch)
            #expect(try await stand.standing(branch) == .merged)
        }
    }

    @Test("nothing is proven where the stage branch was rewritten or removed")
    func rewritten() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await stand(directory)
            _ = try await stand.fixture.git("branch", "-f", "stage/production", "main")
            #expect(try await stand.standing() == .unknown)
            _ = try await stand.fixture.git("branch", "-D", "stage/production")
            #expect(try await stand.standing() == .unknown)
        }
    }

    @Test("a branch is removed only while it is at the commit that was read")
    func lease() async throws {
        try await withTemporaryDirectory { directory in
            let stand = try await stand(directory)
            let other = try await stand.promote(3, at: Self.epoch + 20)
            try await stand.fixture.with { promoter, _ in
                let heads = promoter.repository.heads
                let wanted = try [stand.branch, other, "capsule/production/gone"].map { name in
                    let branch = try BranchName(name)
                    return GitPush(commit: try #require(heads[branch] ?? heads.branches.values.first), branch: branch)
                }
                try await stand.push(["x": "y"], from: "origin/\(other)", to: other)
                let outcomes = try await promoter.repository.remove(wanted)
                #expect(outcomes.map { "\($0)" } == ["landed", "lostRace", "lostRace"])
            }
            let left = try await stand.fixture.git("for-each-ref", "--format=%(refname:short)", "refs/heads/capsule")
            #expect(left == other)
        }
    }
}

extension TestRelease {
    fileprivate var branch: String { get throws { "capsule/production/\(try identity)" } }
}
