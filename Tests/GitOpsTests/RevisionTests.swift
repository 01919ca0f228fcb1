import CapsuleCore
import CapsuleTestSupport
import PromotionTestSupport
import Testing

@testable import DeliveryConfiguration
@testable import GitOps

/// Names of references that look like commit ids. Git prefers a reference to an abbreviated id, and some hosts let anybody
/// create branches.
@Suite("Revisions", .timeLimit(.minutes(2)))
struct RevisionTests {
    static let other64 = String(repeating: "ab", count: 32)

    /// The expected result of a revision.
    enum Expected: Sendable { case commit, parent, other, refused }

    /// A revision, in which `{id}`, `{short}` and `{ID}` are the id of the last commit, and the references that exist,
    /// all of which point to another commit.
    static let cases: [(revision: String, references: [String], expected: Expected)] = [
        ("{id}", ["heads/{id}", "tags/{id}"], .commit),
        ("{ID}", ["heads/{id}", "heads/{ID}"], .commit),
        ("git-{id}", ["heads/git-{id}", "tags/git-{id}"], .commit),
        ("git-{id}", [], .commit),
        ("{id}~1", ["heads/{id}", "tags/{id}"], .parent),
        ("{id}^", ["heads/{id}"], .parent),
        ("{id}^{commit}", ["heads/{id}"], .commit),
        ("{short}", [], .commit),
        ("{short}", ["heads/{short}"], .refused),
        ("{short}", ["tags/{short}"], .refused),
        ("refs/heads/{id}", ["heads/{id}"], .refused),
        ("heads/{id}", ["heads/{id}"], .refused),
        ("refs/tags/git-{id}", ["tags/git-{id}"], .refused),
        ("tags/git-{id}", ["tags/git-{id}"], .refused),
        ("release/{id}", ["heads/release/{id}"], .refused),
        (other64, ["heads/\(other64)", "tags/\(other64)"], .refused),
        ("refs/heads/{short}", ["heads/{short}"], .other),
        ("main", ["tags/main"], .refused),
        ("refs/heads/main", ["tags/main"], .commit),
        ("refs/tags/main", ["tags/main"], .other),
        ("cafe", ["heads/cafe"], .other),
        ("20260101", ["tags/20260101"], .other),
        ("HEAD", ["heads/HEAD"], .refused),
        ("HEAD", [], .commit), ("@", [], .commit), ("HEAD~1", [], .parent), ("@~", [], .parent),
        ("main^1", [], .parent),
        ("main^{}", [], .commit), ("main~0^0", [], .commit),
        ("-x", ["heads/x"], .refused), ("--all", [], .refused), ("@{0}", [], .refused), ("main@{0}", [], .refused),
        ("@{-1}", [], .refused), ("@{u}", [], .refused), ("HEAD@{1.day.ago}", [], .refused),
        (":/Second", [], .refused), ("HEAD^{/Second}", [], .refused), ("^HEAD", [], .refused),
        ("main..HEAD", [], .refused), ("main...HEAD", [], .refused), ("HEAD^@", [], .refused), ("HEAD^!", [], .refused),
        ("HEAD^-", [], .refused), ("HEAD:base/a.yaml", [], .refused), ("HEAD^{tree}", [], .refused),
        ("main ", [], .refused), ("ma*", [], .refused), ("~1", [], .refused), ("", [], .refused),
    ]

    private func filled(_ text: String, _ id: String) -> String {
        text.replacing("{id}", with: id).replacing("{ID}", with: id.uppercased())
            .replacing("{short}", with: String(id.prefix(10)))
    }

    @Test("of a build: a commit id is that commit, whatever references there are", arguments: cases.indices)
    func build(index: Int) async throws {
        let (revision, references, expected) = Self.cases[index]
        try await withTemporaryDirectory { directory in
            let app = try await TestRepository.create("\(directory)/app")
            let parent = try await app.commit(["base/a.yaml": "a\n"], message: "First")
            let commit = try await app.commit(["base/a.yaml": "b\n"], message: "Second")
            let other = try await app.git("commit-tree", "-p", parent, "-m", "Other", "\(parent)^{tree}")
            for name in references { try await app.git("update-ref", "refs/\(filled(name, commit))", other) }
            func read() async throws -> String {
                try await testGit().packageSource(
                    in: app.path, revision: filled(revision, commit), source: nil, include: nil, kind: .kustomize
                ).commit.description
            }
            switch expected {
            case .commit: #expect(try await read() == commit)
            case .parent: #expect(try await read() == parent)
            case .other: #expect(try await read() == other)
            case .refused:
                let error = await #expect(throws: GitError.self) { try await read() }
                #expect(error?.code == .notFound || error?.code == .invalidName, "\(error?.message ?? "")")
            }
        }
    }

    @Test(
        "of the GitOps repository: a commit id is that commit, whatever branches there are",
        arguments: [
            ("{id}", ["heads/{id}"], Expected.commit), ("git-{id}", ["heads/git-{id}"], .commit),
            ("{ID}", ["heads/{ID}", "heads/{id}"], .commit),
            ("refs/heads/{id}", ["heads/{id}"], .refused), ("release/{id}", ["heads/release/{id}"], .refused),
            (other64, ["heads/\(other64)"], .refused), ("{short}", ["heads/{short}"], .refused),
            ("refs/heads/{short}", ["heads/{short}"], .other), ("main", ["tags/main"], .commit),
            ("refs/heads/main", [], .commit),
            ("-x", ["heads/-x"], .refused), (":/Policy", [], .refused), ("@{0}", [], .refused),
            ("HEAD^{/Policy}", [], .refused), ("cafe", ["heads/cafe"], .other),
        ] as [(String, [String], Expected)], [true, false])
    func snapshot(_ row: (String, [String], Expected), useFile: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let commit = try await fixture.git("rev-parse", "main")
            let other = try await Tool.output(
                ["git", "commit-tree", "-p", commit, "-m", "Other", "\(commit)^{tree}"], in: fixture.remote)
            for name in row.1 { _ = try await fixture.git("update-ref", "refs/\(filled(name, commit))", other) }
            func read() async throws -> String {
                try await GitOpsRepository.with(
                    GitRemote(useFile ? "file://\(fixture.remote)" : fixture.remote), git: testGit(),
                    cacheDirectory: "\(directory)/cache"
                ) { try await $0.snapshot(at: filled(row.0, commit)).commit.id.description }
            }
            switch row.2 {
            case .commit: #expect(try await read() == commit)
            case .other: #expect(try await read() == other)
            default:
                let error = await #expect(throws: GitError.self) { try await read() }
                #expect(error?.code == .notFound || error?.code == .invalidName, "\(error?.message ?? "")")
            }
        }
    }

    @Test("of steps to ancestors are for repositories given by path", arguments: [true, false])
    func steps(useFile: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let first = try await fixture.git("rev-parse", "main")
            try await fixture.commitPolicy(["x": "y"])
            let read = {
                try await GitOpsRepository.with(
                    GitRemote(useFile ? "file://\(fixture.remote)" : fixture.remote), git: testGit(),
                    cacheDirectory: nil
                ) { try await $0.snapshot(at: "main~1").commit.id.description }
            }
            if useFile {
                await #expect(throws: GitError.self) { _ = try await read() }
            } else {
                #expect(try await read() == first)
            }
        }
    }

    @Test("are never branch names when they are full commit ids or references")
    func branchNames() {
        let id = String(repeating: "0123456789", count: 4)
        for name in [id, id.replacing("0", with: "A"), Self.other64, "refs/heads/main", "refs/x"] {
            #expect(throws: CapsuleError.self) { try BranchName(name) }
        }
        for name in ["cafe", String(id.dropLast()), "git-\(id)", "x/\(id)", "heads/refs/x"] {
            #expect(throws: Never.self) { try BranchName(name) }
        }
    }
}
