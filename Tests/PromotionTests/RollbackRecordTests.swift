import CapsuleCore
import CapsuleTestSupport
import Documents
import PromotionTestSupport
import Support
import Testing

@testable import GitOps
@testable import Promotion

@Suite("The rollback in a record", .timeLimit(.minutes(3)))
struct RollbackRecordTests {
    private static let path = "apps/shop/deployments/staging/release-metadata.yaml"

    /// A stage that went from release 2 back to release 1.
    private func rolledBack(_ body: (PromotionFixture) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            for number in [1, 2] { try await fixture.promote(TestRelease(number), to: "staging") }
            let back = try await fixture.promote(TestRelease(1), to: "staging", rollback: .held)
            try #require(back.outcome == .promoted)
            try await body(fixture)
        }
    }

    private func text(_ fixture: PromotionFixture) async throws -> String {
        try await fixture.git("show", "stage/staging:\(Self.path)") + "\n"
    }

    private func from(_ fixture: PromotionFixture) async throws -> ReleaseIdentity? {
        try ReleaseRecord(yaml: Array(try await text(fixture).utf8)).rollback?.from
    }

    /// The reason why the record of the head names no rollback that took place.
    private func objection(_ fixture: PromotionFixture, to release: TestRelease) async throws -> String? {
        try await fixture.with { promoter, _ in
            let state = try await promoter.branches.states(of: ["staging"])[0]
            return try await promoter.branches.objectionToRollback(state, committed: release.committed)
        }
    }

    /// Pushes a commit with another record, by hand.
    private func edit(_ fixture: PromotionFixture, _ old: String, _ new: String) async throws {
        let clone = TestRepository(path: "\(fixture.directory)/edited-\(UInt32.random(in: 0 ... .max))")
        try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
        let text = try await text(fixture)
        try #require(text.contains(old))
        try await clone.commit([Self.path: text.replacing(old, with: new)], message: "By hand")
        try await clone.git("push", "-q", "origin", "stage/staging")
    }

    @Test("names the release that the stage held, and stays until the next promotion")
    func written() async throws {
        try await rolledBack { fixture in
            let policy = try await fixture.git("rev-parse", "main")
            try expectGolden(
                try await text(fixture).replacing(policy, with: "POLICY"), "release-metadata-rollback.yaml")
            // The same again changes nothing, whether it is a rollback or a promotion of what the stage holds.
            for rollback in [Rollback.never, .held, .always] {
                let again = try await fixture.promote(TestRelease(1), to: "staging", rollback: rollback)
                #expect(again.outcome == .unchanged)
            }
            try await fixture.commitPolicy(["apps/shop/envTypes/staging/more.yaml": "more\n"])
            #expect(try await fixture.promote(TestRelease(1), to: "staging").outcome == .promoted)
            #expect(try await from(fixture) == TestRelease(2).identity)
            #expect(try await objection(fixture, to: TestRelease(1)) == nil)
            try await fixture.promote(TestRelease(3), to: "staging")
            #expect(try await from(fixture) == nil)
        }
    }

    @Test(
        "is not there after the first release, a newer one, and one that the stage holds already, even with --rollback")
    func none() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            for number in [1, 2, 2, 3] {
                try await fixture.promote(TestRelease(number), to: "staging", rollback: .always)
                #expect(try await from(fixture) == nil)
            }
        }
    }

    @Test("is not there when the application's history says older and the times say newer: audit has the times only")
    func times() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let application = try await TestRepository.create("\(directory)/application")
            try await application.commit(["a": "1"], message: "One", time: PromotionFixture.epoch)
            let older = try await application.git("rev-parse", "HEAD")
            try await application.commit(["a": "2"], message: "Two", time: PromotionFixture.epoch)
            let newer = try await application.git("rev-parse", "HEAD")
            let release = TestRelease(2, committed: 100, commit: newer)
            for (committed, named) in [(Int64(50), true), (150, false)] {
                try await fixture.promote(release, to: "staging", rollback: .always)
                let back = try await fixture.promote(
                    TestRelease(1, committed: committed, commit: older), to: "staging", rollback: .always,
                    ancestry: application.path)
                #expect(back.message?.hasPrefix("Roll staging back") == true, "\(back)")
                #expect(try await from(fixture) == (named ? release.identity : nil))
            }
        }
    }

    @Test("is not believed when it names a release that the stage never left, and the next promotion removes it")
    func forged() async throws {
        try await rolledBack { fixture in
            let (second, other) = try (TestRelease(2).identity, TestRelease(9).identity)
            try await edit(fixture, "from: \(second)", "from: \(other)")
            #expect(
                try await objection(fixture, to: TestRelease(1))
                    == "the record names a rollback from \(other), and staging held \(second) before this one")
            #expect(try await fixture.promote(TestRelease(1), to: "staging").outcome == .promoted)
            #expect(try await from(fixture) == nil)
        }
    }

    @Test("is not believed in a promotion of a newer release, and in that of the first one")
    func forward() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let first = try TestRelease(1).identity
            try await fixture.promote(TestRelease(1), to: "staging")
            try await edit(fixture, "render:", "rollback:\n  from: \(TestRelease(2).identity)\nrender:")
            let reason = try #require(try await objection(fixture, to: TestRelease(1)))
            #expect(reason.hasSuffix("and staging held no other release before this one"), "\(reason)")
            try await fixture.promote(TestRelease(2), to: "staging")
            try await edit(fixture, "render:", "rollback:\n  from: \(first)\nrender:")
            #expect(
                try await objection(fixture, to: TestRelease(2))
                    == "the record names a rollback from \(first), which is older than \(TestRelease(2).identity)")
            #expect(try await fixture.promote(TestRelease(2), to: "staging").outcome == .promoted)
            #expect(try await from(fixture) == nil)
        }
    }

    @Test("counts when the branch was set back to it by hand, after another release")
    func reverted() async throws {
        try await rolledBack { fixture in
            try await fixture.promote(TestRelease(3), to: "staging")
            let clone = TestRepository(path: "\(fixture.directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", fixture.remote, clone.path])
            try await clone.git("revert", "--no-edit", "HEAD")
            try await clone.git("push", "-q", "origin", "stage/staging")
            #expect(try await from(fixture) == TestRelease(2).identity)
            #expect(try await objection(fixture, to: TestRelease(1)) == nil)
            #expect(try await fixture.promote(TestRelease(1), to: "staging").outcome == .unchanged)
        }
    }

    @Test(
        "is read strictly",
        arguments: ["rollback: {}", "rollback: yes", "rollback: {from: 1}", "rollback: {from: git-1, to: git-2}"])
    func strict(_ line: String) async throws {
        let record = """
            schemaVersion: release-capsule/v1alpha1
            release:
              gitCommit: "\(String(repeating: "1", count: 40))"
              image: {repoURL: example.com/shop, tag: git-1}
              capsule: {repoURL: example.com/capsule, tag: git-1, packageKind: helm, packagePath: package/helm}

            """
        _ = try ReleaseRecord(yaml: Array(record.utf8))
        #expect(throws: DocumentError.self) { try ReleaseRecord(yaml: Array((record + line).utf8)) }
    }
}
