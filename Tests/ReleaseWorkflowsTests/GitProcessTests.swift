import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import Processes
import PromotionTestSupport
import Rendering
import Testing

@testable import DeliveryConfiguration
@testable import GitOps
@testable import Promotion
@testable import ReleaseWorkflows

@Suite("The Git processes of a command", .timeLimit(.minutes(2)))
struct GitProcessTests {
    @Test("status of three stages reads a warm cache in twelve processes, each history once, and fetches nothing")
    func status() async throws {
        try await withTemporaryDirectory { directory in
            let shop = try await ThreeStages.create(directory)
            let first = try await shop.status()
            let (status, commands) = try await shop.recording { try await shop.status() }
            #expect(status.text() == first.text())
            #expect(status.stages.map(\.state.since) == shop.taken.map { CapsuleFormat.timestamp($0) })
            #expect(status.stages.map(\.next?.ok) == [nil, false, true], "\(status.text())")
            #expect(!commands.contains { $0.contains(" fetch ") }, "\(commands.joined(separator: "\n"))")
            #expect(commands.count <= 12, "\(commands.joined(separator: "\n"))")
        }
    }

    @Test("status fetches a history that is longer than the first step once")
    func deepHistory() async throws {
        try await withTemporaryDirectory { directory in
            let shop = try await ThreeStages.create(directory)
            _ = try await shop.status()
            let clone = TestRepository(path: "\(directory)/clone")
            try await Tool.output(["git", "clone", "-q", "-b", "stage/staging", shop.fixture.remote, clone.path])
            for index in 0..<40 { try await clone.commit(["n": "\(index)"]) }
            try await clone.git("push", "-q", "origin", "stage/staging")
            let (first, fetches) = try await shop.recording { try await shop.status() }
            #expect(first.stages.map(\.state.since) == shop.taken.map { CapsuleFormat.timestamp($0) })
            // The new head, then 32 commits, then 512, and no content that is there.
            #expect(fetches.count { $0.contains(" fetch ") } == 3, "\(fetches.joined(separator: "\n"))")
            let (second, commands) = try await shop.recording { try await shop.status() }
            #expect(second.text() == first.text())
            #expect(!commands.contains { $0.contains(" fetch ") }, "\(commands.joined(separator: "\n"))")
        }
    }

    @Test("the policy of a repository on this machine is read in three processes, however deep it is")
    func render() async throws {
        try await withTemporaryDirectory { directory in
            let shop = try await ThreeStages.create(directory)
            try await shop.fixture.commitPolicy(["apps/shop/envTypes/staging/a/b/c/d.yaml": "a: b\n"])
            let (found, commands) = try await shop.recording {
                try await shop.with(GitRemote(shop.fixture.remote)) { workspace in
                    let policy = try await workspace.snapshot.environmentPolicy(
                        root: workspace.configuration.gitops.root, deployments: ["staging"])
                    return try policy.tree(for: policy.deployment("staging")).files.map(\.path.description)
                }
            }
            #expect(found.contains("envTypes/staging/a/b/c/d.yaml"))
            #expect(commands.count == 3, "\(commands.joined(separator: "\n"))")
            // It would start two more.
            #expect(!commands.contains { $0.contains("ls-remote") })
        }
    }

    @Test("rollback reads the history of its stage only, and fetches nothing with a warm cache")
    func rollback() async throws {
        try await withTemporaryDirectory { directory in
            let shop = try await ThreeStages.create(directory)
            _ = try await shop.rollback("staging")
            let (found, commands) = try await shop.recording { try await shop.rollback("staging") }
            #expect(try found.previous.identity == TestRelease(2).identity)
            #expect(!commands.contains { $0.contains(" fetch ") }, "\(commands.joined(separator: "\n"))")
            var heads: [String] = []
            for stage in ["test", "production"] {
                heads.append(try await shop.fixture.git("rev-parse", "stage/\(stage)"))
            }
            #expect(!commands.contains { command in heads.contains { command.contains($0) } })
            #expect(commands.count <= 9, "\(commands.joined(separator: "\n"))")
        }
    }
}

/// Three stages that hold three releases, and a `git` on PATH that writes its arguments to a file and runs the real one.
private struct ThreeStages {
    let fixture: PromotionFixture
    let directory: String
    /// When each stage took what it holds.
    let taken: [Int64]
    var log: String { "\(directory)/git.log" }

    static func create(_ directory: String) async throws -> ThreeStages {
        let fixture = try await PromotionFixture.create(
            directory, yaml: PromotionFixture.yaml.replacing("    review: pull-request\n", with: ""))
        let releases = (1...3).map { TestRelease($0) }
        var approvals: [String: String] = [:]
        for release in releases { approvals["approvals/\(try release.identity).yaml"] = "ok\n" }
        try await fixture.commitPolicy(approvals)
        let minute: Int64 = 60
        var taken: [Int64] = [0, 0, 0]
        for (release, stage, place, minutes) in [
            (releases[0], "staging", 0, Int64(0)), (releases[0], "test", 1, 31), (releases[0], "production", 2, 32),
            (releases[1], "staging", 0, 40), (releases[1], "test", 1, 80), (releases[2], "staging", 0, 90),
        ] {
            taken[place] = epoch + minutes * minute
            let receipt = try await fixture.promote(release, to: stage, now: taken[place])
            try #require(receipt.outcome == .promoted, "\(receipt)")
        }
        try writeFile(
            "\(directory)/bin/git",
            "#!/bin/sh\nprintf '%s\\n' \"$*\" >> '\(directory)/git.log'\nexec /usr/bin/git \"$@\"\n")
        try await Tool.output(["chmod", "+x", "\(directory)/bin/git"])
        return ThreeStages(fixture: fixture, directory: directory, taken: taken)
    }

    private static let epoch = PromotionFixture.epoch

    func with<Result: Sendable>(
        _ remote: GitRemote? = nil, _ body: (GitOpsWorkspace) async throws -> Result
    ) async throws -> Result {
        try await GitOpsWorkspace.with(
            remote ?? GitRemote("file://\(fixture.remote)"), revision: nil, configuration: nil,
            git: testGit(SystemCommandRunner(path: "\(directory)/bin:/usr/bin:/bin")),
            cacheDirectory: "\(directory)/cache",
            body)
    }

    func status() async throws -> LadderStatus {
        try await with { try await LadderStatus.read($0, now: { Self.epoch + 100 * 60 }) }
    }

    func rollback(_ stage: String) async throws -> StageRollback {
        try await with { try await StageRollback.find(stage, in: $0) }
    }

    /// Runs `body` and returns its result and the arguments of every `git` that it ran.
    func recording<Result>(_ body: () async throws -> Result) async throws -> (Result, [String]) {
        try await Tool.output(["rm", "-f", log])
        let result = try await body()
        return (result, try await Tool.output(["cat", log]).split(separator: "\n").map(String.init))
    }
}
