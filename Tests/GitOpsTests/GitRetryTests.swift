import CapsuleCore
import CapsuleTestSupport
import Processes
import PromotionTestSupport
import Support
import Synchronization
import Testing

@testable import GitOps
@testable import Promotion

/// A clock whose sleeps return at once.
private final class InstantClock: RetryClock {
    private let passed = Mutex<Duration>(.zero)
    var now: Duration { passed.withLock { $0 } }
    func sleep(for duration: Duration) async throws {
        try Task.checkCancellation()
        passed.withLock { $0 += duration }
    }
}

/// Runs Git, whose commands of one kind fail until a time.
private final class Outage: CommandRunner {
    let clock = InstantClock()
    let calls = Mutex(0)
    private let command: String
    private let end: Duration
    private let text: String

    init(of command: String, until end: Duration = .seconds(1_000_000), _ text: String) {
        (self.command, self.end, self.text) = (command, end, text)
    }

    func run(_ command: Command) async throws -> CommandResult {
        guard command.arguments.contains(self.command) else { return try await SystemCommandRunner().run(command) }
        calls.withLock { $0 += 1 }
        guard clock.now < end else { return try await SystemCommandRunner().run(command) }
        return CommandResult(status: 128, output: [], errorOutput: text)
    }

    func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
}

@Suite("Reads from a Git host are tried again", .timeLimit(.minutes(1)))
struct GitRetryTests {
    private static let refused = "fatal: unable to access 'x': Failed to connect to x port 443: Connection refused"

    /// The policy file of a fixture, read with Git that is run by `outage`.
    private func read(
        _ fixture: PromotionFixture, _ outage: Outage, random: Double = 0.5
    ) async throws -> (content: [UInt8]?, reports: [String]) {
        var git = Git(
            runner: outage, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"])
        let reports = Mutex<[String]>([])
        git.retries.clock = outage.clock
        git.retries.random = { random }
        git.retries.report = { _, failure, _, _ in
            reports.withLock { $0.append(failure.message) }
        }
        let content = try await GitOpsRepository.with(
            GitRemote("file://\(fixture.remote)"), git: git, cacheDirectory: nil
        ) { try await $0.snapshot(at: "main").file(RelativePath("README.md")) }
        return (content, reports.withLock { $0 })
    }

    @Test(
        "through an outage of 15 seconds, and each try is reported",
        arguments: ["ls-remote", "fetch"], [0.2, 0.5, 0.999])
    func outage(command: String, random: Double) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            for (text, reason) in [
                (Self.refused, "Connection refused"), ("error: The requested URL returned error: 503", "503"),
                ("fatal: the remote end hung up unexpectedly", "hung up"),
            ] {
                let outage = Outage(of: command, until: .seconds(15), text)
                let found = try await read(fixture, outage, random: random)
                #expect(found.content != nil)
                #expect(found.reports.count > 3 && found.reports.allSatisfy { $0.contains(reason) }, "\(found.reports)")
                #expect(outage.clock.now >= .seconds(15))
            }
        }
    }

    @Test("for a limited time, and what they say at its end is that the remote is away")
    func limit() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let outage = Outage(of: "fetch", Self.refused)
            let error = await #expect(throws: GitError.self) { _ = try await read(fixture, outage) }
            #expect(error?.code == .unavailable && error?.message.contains("Connection refused") == true)
            #expect(outage.clock.now >= .seconds(20) && outage.clock.now <= .seconds(30), "\(outage.clock.now)")
        }
    }

    @Test(
        "unless the remote refuses, or lacks the repository",
        arguments: [
            "fatal: Authentication failed for 'https://x/'", "error: The requested URL returned error: 403",
            "error: The requested URL returned error: 404", "fatal: repository 'https://x/' not found",
            "fatal: couldn't find remote ref main", "in words that no list has",
        ])
    func refusals(text: String) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let outage = Outage(of: "ls-remote", text)
            let error = await #expect(throws: GitError.self) { _ = try await read(fixture, outage) }
            #expect(error != nil && outage.calls.withLock { $0 } == 1)
            #expect(outage.clock.now == .zero)
        }
    }
}
