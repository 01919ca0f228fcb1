import CapsuleCore
import CapsuleTestSupport
import Processes
import PromotionTestSupport
import Support
import Testing

@testable import GitOps
@testable import Promotion
@testable import ReleaseWorkflows

@Suite("Times that gates read", .timeLimit(.minutes(3)))
struct GateTimeTests {
    private static let epoch = PromotionFixture.epoch

    private func soak(_ receipt: PromotionReceipt) throws -> GateResult {
        try #require(receipt.gates.first { $0.gate == .soak })
    }

    /// Replaces the head of a branch by a commit with the same tree and parents and another date.
    private func rewrite(_ branch: String, date: String, in fixture: PromotionFixture) async throws {
        let content = try await fixture.git("cat-file", "commit", branch)
        var lines = content.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices where lines[index].hasPrefix("author ") || lines[index].hasPrefix("committer ") {
            let end = try #require(lines[index].firstIndex(of: ">"))
            lines[index] = lines[index][...end] + " \(date)"
        }
        let id = try await Tool.output(
            ["git", "hash-object", "-t", "commit", "-w", "--literally", "--stdin"], in: fixture.remote,
            input: Array((lines.joined(separator: "\n") + "\n").utf8))
        _ = try await fixture.git("update-ref", "refs/heads/\(branch)", id)
    }

    @Test(
        "a commit with any date on a stage branch ends no command, and opens no soak gate",
        arguments: [
            "0 +0000", "1 +0000", "-1 +0000", "-9223372036854775808 +0000", "-9223372036854775809 +0000",
            "9223372036854775807 +0000", "9223372036854775808 +0000", "18446744073709551615 +0000",
            "99999999999999999999999 +0000", "253402300800 +0000", "1767323045 +99999999", "x", "",
        ])
    func dates(date: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1, committed: Self.epoch - 60), to: "staging", now: Self.epoch)
            try await rewrite("stage/staging", date: date, in: fixture)
            let receipt = try await fixture.promote(
                TestRelease(1, committed: Self.epoch - 60), to: "test", now: Self.epoch + 60)
            #expect(receipt.outcome == .refused)
            #expect(try !soak(receipt).ok)
            let states = try await fixture.with { promoter, _ in try await promoter.branches.stagesAndReviews().stages }
            #expect(states[0].record != nil)
            #expect(states[0].since?.utf8.count == 20, "\(states[0].since ?? "nil")")
        }
    }

    @Test("a commit is not older than its parent, its release or its policy")
    func lowerBounds() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let now = Self.epoch + 2_000
            // The release is younger than the date of the commit.
            let young = TestRelease(2, committed: now - 60)
            try await fixture.promote(young, to: "staging", now: now - 30)
            try await rewrite("stage/staging", date: "\(Self.epoch - 100_000) +0000", in: fixture)
            var receipt = try await fixture.promote(young, to: "test", now: now)
            #expect(try soak(receipt).reason == "staging has held it for 1m of 30m")
            // The parent is younger than the date of the commit.
            try await fixture.promote(TestRelease(3, committed: now - 50), to: "staging", now: now + 100)
            try await fixture.promote(TestRelease(4, committed: now - 40), to: "staging", now: now + 110)
            try await rewrite("stage/staging", date: "\(now - 70) +0000", in: fixture)
            receipt = try await fixture.promote(TestRelease(4, committed: now - 40), to: "test", now: now + 1_000)
            #expect(try soak(receipt).reason == "staging has held it for 15m of 30m")
            // The policy is younger than the date of the commit.
            try await fixture.policy.commit(["x": "y"], message: "Policy", time: now + 3_000)
            try await fixture.policy.git("push", "-q", "origin", "main")
            try await fixture.promote(TestRelease(5, committed: now - 30), to: "staging", now: now + 3_010)
            try await rewrite("stage/staging", date: "\(now + 200) +0000", in: fixture)
            receipt = try await fixture.promote(TestRelease(5, committed: now - 30), to: "test", now: now + 3_060)
            #expect(try soak(receipt).reason == "staging has held it for 1m of 30m")
        }
    }

    @Test("a replacement that is dated in the future gives a release that is gone no time")
    func futureEnd() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging", now: Self.epoch)
            try await fixture.promote(TestRelease(2), to: "staging", now: Self.epoch + 1_000_000)
            let receipt = try await fixture.promote(TestRelease(1), to: "test", now: Self.epoch + 100_000)
            #expect(receipt.outcome == .refused)
            #expect(try soak(receipt).reason == "staging held it for 0s of 30m, and no longer does")
        }
    }

    @Test("a commit that was dated in the future closes no gate for the releases after it")
    func futureParent() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging", now: Self.epoch + 1_000_000_000)
            try await fixture.promote(TestRelease(2), to: "staging", now: Self.epoch)
            let receipt = try await fixture.promote(TestRelease(2), to: "test", now: Self.epoch + 1_800)
            #expect(receipt.outcome == .promoted, "\(receipt.gates)")
        }
    }
}
