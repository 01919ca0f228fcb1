import CapsuleCore
import CapsuleTestSupport
import GitOps
import Promotion
import PromotionTestSupport
import Testing

@Suite("Reading a witness", .timeLimit(.minutes(2)), .needs("git"))
struct WitnessReadingTests {
    @Test("fetches at most twice when the policy branch moved, and nothing with a warm cache")
    func requests() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let release = try TestRelease(1).identity
            try await fixture.commitPolicy(["apps/shop/releases/\(release).yaml": "one\n"])
            for expected in [2, 0] {
                let runner = RecordingRunner()
                try await fixture.with(runner: runner) { _, snapshot in
                    let before = runner.commands.count { $0.contains("fetch") }
                    let witness = try await snapshot.witness(of: release, root: RelativePath("apps/shop"))
                    #expect(witness.content == Array("one\n".utf8) && witness.faults.isEmpty && witness.commits == 2)
                    let fetches = runner.commands.count { $0.contains("fetch") } - before
                    #expect(fetches <= expected, "\(runner.commands)")
                }
            }
        }
    }

    @Test("says why a history cannot be searched: above the limit, or shallow")
    func incomplete() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let release = try TestRelease(1).identity
            try await fixture.commitPolicy(["apps/shop/releases/\(release).yaml": "one\n"])
            let root = try RelativePath("apps/shop")
            let long = try await fixture.with { _, snapshot in
                try await snapshot.witness(of: release, root: root, limit: 1)
            }
            #expect(long.faults.first?.contains("it has more than 1 commits") == true, "\(long.faults)")
            try await Tool.output(
                ["git", "clone", "-q", "--bare", "--depth=1", "file://\(fixture.remote)", "\(directory)/shallow.git"])
            let shallow = try await fixture.with(remote: "\(directory)/shallow.git") { _, snapshot in
                try await snapshot.witness(of: release, root: root)
            }
            #expect(shallow.faults.first?.contains("git fetch --unshallow") == true, "\(shallow.faults)")
        }
    }
}
