import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import PromotionTestSupport
import Support
import Testing

@testable import GitOps
@testable import Promotion

@Suite("Records and statements that gates read", .timeLimit(.minutes(3)))
struct GateRecordTests {
    private static let epoch = PromotionFixture.epoch
    private static let stage = "apps/shop/deployments/staging"

    private func result(_ receipt: PromotionReceipt, _ gate: GateResult.Gate) throws -> GateResult {
        try #require(receipt.gates.first { $0.gate == gate })
    }

    /// Runs a script in a clone of a branch, and pushes the commit with what the script changed.
    private func change(_ branch: String, of fixture: PromotionFixture, _ script: String) async throws {
        let clone = TestRepository(path: "\(fixture.directory)/changed-\(UInt32.random(in: 0 ... .max))")
        try await Tool.output(["git", "clone", "-q", "-b", branch, fixture.remote, clone.path])
        try await Tool.output(["sh", "-ec", script], in: clone.path)
        try await clone.commit(time: Self.epoch)
        try await clone.git("push", "-q", "origin", branch)
    }

    @Test(
        "a record is not a release that a stage holds when the files next to it are not those that it names",
        arguments: [
            "echo changed >> \(stage)/deploy/v1_service_shop.yaml", "rm \(stage)/deploy/v1_service_shop.yaml",
            "rm -r \(stage)/deploy", "echo more > \(stage)/deploy/more.yaml",
            "ln -s v1_service_shop.yaml \(stage)/deploy/link.yaml",
        ])
    func otherFiles(script: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            try await change("stage/staging", of: fixture, script)
            let now = Self.epoch + 100_000
            let receipt = try await fixture.promote(TestRelease(1), to: "test", now: now)
            #expect(receipt.outcome == .refused)
            let gate = try result(receipt, .after)
            #expect(gate.reason == "the files on stage/staging are not those that its record names", "\(gate)")
            #expect(try !result(receipt, .soak).ok)
            // A promotion repairs the branch.
            try await fixture.promote(TestRelease(1), to: "staging", now: now)
            #expect(try await fixture.promote(TestRelease(1), to: "test", now: now + 1_800).outcome == .promoted)
        }
    }

    @Test("a record of the past counts only with its files, also for a rollback")
    func past() async throws {
        try await withTemporaryDirectory { directory in
            let yaml = PromotionFixture.yaml.replacing("    soak: 30m\n", with: "")
            let fixture = try await PromotionFixture.create(directory, yaml: yaml)
            // The record of a release that staging never had, which is then removed again.
            try await fixture.promote(TestRelease(2), to: "staging")
            let text = try await fixture.git("show", "stage/staging:\(Self.stage)/release-metadata.yaml") + "\n"
            let forged = try text.replacing(
                TestRelease(2).identity.commit.description, with: TestRelease(1).identity.commit.description
            ).replacing("\(Digest.sha256(of: "image 2".utf8))", with: "\(Digest.sha256(of: "image 1".utf8))")
                .replacing("\(Digest.sha256(of: "capsule 2 a".utf8))", with: "\(Digest.sha256(of: "capsule 1 a".utf8))")
                .split(separator: "\n").map { line in
                    line.hasPrefix("  digest: ") ? "  digest: sha256:\(String(repeating: "0", count: 64))" : "\(line)"
                }
            try writeFile("\(directory)/forged.yaml", forged.joined(separator: "\n") + "\n")
            try await change(
                "stage/staging", of: fixture, "cp '\(directory)/forged.yaml' \(Self.stage)/release-metadata.yaml")
            try await change(
                "stage/staging", of: fixture,
                "cd \(Self.stage); git show HEAD^:./release-metadata.yaml > x; mv x release-metadata.yaml")
            let receipt = try await fixture.promote(TestRelease(1), to: "test")
            #expect(receipt.outcome == .refused)
            #expect(try !result(receipt, .after).ok)
            let older = try await fixture.promote(TestRelease(1), to: "staging", rollback: .held)
            #expect(older.outcome == .refused)
            #expect(try !result(older, .order).ok)
        }
    }

    private func statements(_ times: [(Int, CommitID?, Int64)], threshold: Int = 1) -> [String: AttestedPromotions] {
        [
            "staging": AttestedPromotions(
                threshold: threshold,
                statements: times.map { .init(key: .sha256(of: [UInt8($0.0)]), commit: $0.1, time: $0.2) })
        ]
    }

    @Test("where the policy names promoters, after and soak are measured by their statements")
    func attested() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let commit = try #require(try await fixture.promote(TestRelease(1), to: "staging", now: Self.epoch).commit)
            let other = try CommitID(String(repeating: "7", count: 40))
            let now = Self.epoch + 3_600
            func promote(_ statements: [String: AttestedPromotions]) async throws -> PromotionReceipt {
                try await fixture.promote(TestRelease(1), to: "test", now: now, attested: statements)
            }
            // No statement, and too few.
            for few in [statements([]), statements([(1, commit, Self.epoch), (1, commit, Self.epoch)], threshold: 2)] {
                let receipt = try await promote(few)
                #expect(receipt.outcome == .refused)
                #expect(
                    try result(receipt, .after).reason
                        == "no promoter that the policy names has attested the promotion of this release to staging")
                #expect(try !result(receipt, .soak).ok)
            }
            // The statement's time counts, not the commit's.
            for (times, threshold, reason) in [
                ([(1, commit, now - 600)], 1, "10m"), ([(1, commit, now - 600), (1, commit, now - 900)], 1, "15m"),
                ([(1, commit, now - 900), (2, commit, now - 600)], 2, "10m"),
                // A statement about another commit is not older than the commit that is there.
                ([(1, other, now - 60)], 1, "1m"), ([(1, other, now - 900), (1, commit, now - 60)], 1, "1m"),
            ] as [([(Int, CommitID?, Int64)], Int, String)] {
                let receipt = try await promote(statements(times, threshold: threshold))
                #expect(try result(receipt, .after).ok)
                #expect(try result(receipt, .soak).reason == "staging has held it for \(reason) of 30m")
            }
            #expect(try await promote(statements([(1, commit, now - 1_800)])).outcome == .promoted)
        }
    }
}
