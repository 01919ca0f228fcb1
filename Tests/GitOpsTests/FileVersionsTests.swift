import CapsuleCore
import CapsuleTestSupport
import GitOps
import PromotionTestSupport
import Testing

@Suite("The versions of a file", .timeLimit(.minutes(2)), .needs("git"))
struct FileVersionsTests {
    private static let path = "apps/shop/releases/a.yaml"

    private func versions(
        _ fixture: PromotionFixture, at head: String, limit: Int = GitOpsRepository.searchedCommits,
        remote: String? = nil, runner: RecordingRunner = RecordingRunner()
    ) async throws -> FileVersions {
        let head = try CommitID(head)
        return try await fixture.with(runner: runner, remote: remote) { _, snapshot in
            try await snapshot.repository.versions(of: RelativePath(Self.path), at: head, limit: limit)
        }
    }

    @Test("one version, wherever it was added", arguments: [true, false], ["sha1", "sha256"])
    func one(file: Bool, format: String) async throws {
        try await withTemporaryDirectory { directory in
            var fixture = try await PromotionFixture.create(directory, format: format)
            fixture.useFileTransport = file
            try await fixture.commitPolicy([Self.path: "one\n"])
            try await fixture.commitPolicy(["other": "x\n"])
            let head = try await fixture.git("rev-parse", "main")
            let found = try await versions(fixture, at: head)
            #expect(Set(found.versions.map(\.blob)).count == 1)
            #expect(found.commits == 3 && found.end == nil)
        }
    }

    @Test("the history that a shallow cache lacks is fetched once, and the limit holds at the limit and one past it")
    func limit() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.commitPolicy([Self.path: "one\n"])
            for number in 0..<6 { try await fixture.commitPolicy(["other": "\(number)\n"]) }
            let head = try await fixture.git("rev-parse", "main")
            let over = try await versions(fixture, at: head, limit: 7)
            #expect(over.end != nil)
            let at = try await versions(fixture, at: head, limit: 8)
            #expect(at.end == nil && at.commits == 8)
            let runner = RecordingRunner()
            _ = try await versions(fixture, at: head, limit: 8, runner: runner)
            #expect(!runner.commands.contains { $0.contains("fetch") })
        }
    }

    @Test("a shallow clone that is read by its path has an end")
    func shallow() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.commitPolicy([Self.path: "one\n"])
            try await fixture.commitPolicy([Self.path: "two\n"])
            try await Tool.output(
                ["git", "clone", "-q", "--bare", "--depth=1", "file://\(fixture.remote)", "\(directory)/shallow.git"])
            let head = try await fixture.git("rev-parse", "main")
            let found = try await versions(fixture, at: head, remote: "\(directory)/shallow.git")
            #expect(found.end?.description == head)
        }
    }

    @Test("grafts, replacements and settings of the repository hide nothing")
    func settings() async throws {
        try await withTemporaryDirectory { directory in
            var fixture = try await PromotionFixture.create(directory)
            fixture.useFileTransport = false
            try await fixture.commitPolicy([Self.path: "one\n"])
            try await fixture.commitPolicy([Self.path: "two\n"])
            let head = try await fixture.git("rev-parse", "main")
            let first = try await fixture.git("rev-list", "--max-parents=0", "main")
            _ = try await fixture.git("replace", "--graft", head, first)
            try writeFile("\(fixture.remote)/info/grafts", "\(head) \(first)\n")
            for setting in ["log.showRoot=false", "log.diffMerges=off", "diff.noprefix=true", "core.quotePath=false"] {
                let parts = setting.split(separator: "=").map(String.init)
                _ = try await fixture.git("config", parts[0], parts[1])
            }
            let found = try await versions(fixture, at: head)
            #expect(Set(found.versions.map(\.blob)).count == 2)
        }
    }
}
