import CapsuleCore
import CapsuleTestSupport
import GitOps
import Promotion
import PromotionTestSupport
import Testing

@Suite("Reading a witness", .timeLimit(.minutes(2)), .needs("git"))
struct WitnessReadingTests {
    /// The fetches of a run: those that open the head of the policy branch, and those of `body`.
    private func fetches(
        _ fixture: PromotionFixture, _ body: (GitOpsSnapshot) async throws -> Void
    ) async throws -> (opening: Int, reading: Int) {
        let runner = RecordingRunner()
        var opening = 0
        func count() -> Int { runner.commands.count { $0.contains("fetch") } }
        try await fixture.with(runner: runner) { _, snapshot in
            opening = count()
            try await body(snapshot)
        }
        return (opening, count() - opening)
    }

    @Test("fetches once, whatever an earlier run has fetched, and nothing with a warm cache")
    func requests() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let releases = try (1...3).map { try TestRelease($0).identity }
            func add(_ release: ReleaseIdentity) async throws {
                try await fixture.commitPolicy(["apps/shop/releases/\(release).yaml": "\(release)\n"])
            }
            func read(_ release: ReleaseIdentity, commits: Int) async throws -> (opening: Int, reading: Int) {
                try await fetches(fixture) { snapshot in
                    let witness = try await snapshot.witness(of: release, root: RelativePath("apps/shop"))
                    #expect(witness.content == Array("\(release)\n".utf8))
                    #expect(witness.faults.isEmpty && witness.commits == commits, "\(witness)")
                }
            }
            try await add(releases[0])
            // A run without a pair leaves commits whose parents are not in the cache, and which have the witness.
            #expect(try await fetches(fixture) { _ in } == (1, 0))
            try await fixture.commitPolicy(["other": "x\n"])
            #expect(try await read(releases[0], commits: 3) == (1, 1))
            #expect(try await read(releases[0], commits: 3) == (0, 0))
            try await add(releases[1])
            #expect(try await read(releases[1], commits: 4) == (1, 1))
            try await add(releases[2])
            #expect(try await read(releases[0], commits: 5) == (1, 0))
            #expect(try await read(releases[2], commits: 5) == (0, 1))
            let check = try await Tool.output(
                ["sh", "-c", "git -C \"$(echo \(directory)/cache/*.git)\" fsck --connectivity-only 2>&1 || true"])
            #expect(!check.contains("missing commit") && !check.contains("missing tree"), "\(check)")
        }
    }

    @Test("the witness at an earlier commit and at the head costs one fetch")
    func earlier() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let release = try TestRelease(1).identity
            try await fixture.commitPolicy(["apps/shop/releases/\(release).yaml": "one\n"])
            let earlier = try CommitID(try await fixture.git("rev-parse", "main"))
            try await fixture.commitPolicy(["other": "x\n"])
            let root = try RelativePath("apps/shop")
            let fetched = try await fetches(fixture) { head in
                let first = try await head.repository.snapshot(at: earlier)
                let witness = try await first.witness(of: release, root: root, before: [head.commit.id])
                let later = try await head.witness(of: release, root: root)
                #expect(witness.content == later.content && witness.commits == 2 && later.commits == 3)
            }
            // One for the earlier commit, and one for both histories with the witness.
            #expect(fetched == (1, 2))
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
