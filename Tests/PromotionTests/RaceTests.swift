import CapsuleCore
import CapsuleTestSupport
import OCI
import Processes
import PromotionTestSupport
import Synchronization
import Testing

@testable import GitOps
@testable import Promotion

@Suite("Promotions that meet others, faults and refusals", .timeLimit(.minutes(3)))
struct RaceTests {
    static let epoch = PromotionFixture.epoch

    @Test("lands twelve promotions at once to one branch, in a line, none lost", arguments: [true, false])
    func twelve(sharedCache: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let outcomes = try await withThrowingTaskGroup(of: PromotionReceipt.self) { group in
                for number in 1...12 {
                    group.addTask {
                        try await fixture.promote(
                            TestRelease(number, committed: 1_000), to: "staging",
                            cache: sharedCache ? nil : "\(directory)/cache-\(number)")
                    }
                }
                return try await group.reduce(into: [PromotionReceipt]()) { $0.append($1) }
            }
            #expect(outcomes.allSatisfy { $0.outcome == .promoted }, "\(outcomes.map(\.outcome))")
            #expect(try await fixture.git("rev-list", "--count", "stage/staging") == "12")
            #expect(try await fixture.git("rev-list", "--count", "--merges", "stage/staging") == "0")
            let trailers = try await fixture.git(
                "log", "--format=%(trailers:key=Release,valueonly,separator=)", "stage/staging")
            #expect(Set(trailers.split(separator: "\n")).count == 12)
            let commits = Set(outcomes.compactMap { $0.commit?.description })
            #expect(
                Set(try await fixture.git("rev-list", "stage/staging").split(separator: "\n").map(String.init))
                    == commits)
            #expect(try await fixture.git("fsck", "--strict", "--no-dangling") == "")
        }
    }

    @Test("asks the gates again after a lost race")
    func gatesAfterRace() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            let runner = InterferingRunner(before: "push") { try await fixture.promote(TestRelease(5), to: "staging") }
            let receipt = try await fixture.promote(TestRelease(3), to: "staging", runner: runner)
            #expect(receipt.outcome == .refused)
            #expect(receipt.attempts == 2)
            #expect(receipt.gates.contains { $0.gate == .order && !$0.ok })
            #expect(try await fixture.log("stage/staging").count == 2)
        }
    }

    @Test("finds nothing left to do when somebody else promoted the same release first")
    func sameRelease() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let runner = InterferingRunner(before: "push") {
                try await fixture.promote(TestRelease(1), to: "staging", now: Self.epoch - 5)
            }
            let receipt = try await fixture.promote(TestRelease(1), to: "staging", runner: runner)
            #expect(receipt.outcome == .unchanged)
            #expect(try await fixture.log("stage/staging").count == 1)
        }
    }

    @Test("says so when others move the branch every time")
    func contended() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let number = Mutex(100)
            let runner = InterferingRunner(before: "push", times: 99) {
                let next = number.withLock { value in
                    value += 1
                    return value
                }
                try await fixture.promote(TestRelease(next, committed: 1), to: "staging")
            }
            let receipt = try await fixture.promote(
                TestRelease(1, committed: 1), to: "staging", runner: runner, attempts: 3)
            #expect(receipt.outcome == .contended)
            #expect(receipt.attempts == 3)
            #expect(receipt.reason?.contains("run again") == true)
        }
    }

    @Test("knows a push that was accepted although its answer was lost", arguments: [false, true])
    func lostAnswer(builtUpon: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let runner = FaultyRunner(command: "push", runs: true, times: 1) {
                if builtUpon { try await fixture.promote(TestRelease(2), to: "staging") }
            }
            let receipt = try await fixture.promote(TestRelease(1), to: "staging", runner: runner)
            #expect(receipt.outcome == .promoted)
            #expect(receipt.attempts == 1)
            #expect(try await fixture.log("stage/staging").count == (builtUpon ? 2 : 1))
        }
    }

    @Test("pushes again when a connection broke before anything arrived")
    func brokenPush() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            let runner = FaultyRunner(command: "push", runs: false, times: 1) {}
            let receipt = try await fixture.promote(TestRelease(1), to: "staging", runner: runner)
            #expect(receipt.outcome == .promoted)
            #expect(receipt.attempts == 2)
            let dead = FaultyRunner(command: "push", runs: false, times: 99) {}
            let error = await #expect(throws: GitError.self) {
                try await fixture.promote(TestRelease(2), to: "staging", runner: dead)
            }
            #expect(error?.code == .undetermined)
            #expect(try await fixture.log("stage/staging").count == 1)
        }
    }

    @Test("leaves nothing visible when it ends before the push, and runs again")
    func killed() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            let before = try await fixture.git("for-each-ref")
            for command in ["ls-remote", "fetch", "cat-file", "fast-import", "push"] {
                let runner = KillingRunner(command: command)
                await #expect(throws: (any Error).self) {
                    try await fixture.promote(
                        TestRelease(2), to: "staging", cache: "\(directory)/cache-\(command)", runner: runner)
                }
                #expect(try await fixture.git("for-each-ref") == before, "\(command)")
            }
            for command in ["ls-remote", "fetch", "cat-file", "fast-import", "push"] {
                let receipt = try await fixture.promote(
                    TestRelease(2), to: "staging", cache: "\(directory)/cache-\(command)")
                #expect(receipt.outcome == (command == "ls-remote" ? .promoted : .unchanged))
            }
        }
    }

    @Test("reports a hook that says no, with its words, and makes nothing of it")
    func hook() async throws {
        try await withTemporaryDirectory { directory in
            for useFile in [true, false] {
                var fixture = try await PromotionFixture.create("\(directory)/\(useFile)")
                fixture.useFileTransport = useFile
                let hook = "\(fixture.remote)/hooks/update"
                try await writeProgram(
                    hook,
                    "#!/bin/sh\nprintf 'no deploys on \\033[31mFriday\\n' >&2\ncase $1 in */staging) exit 1;; esac\n")
                let receipt = try await fixture.promote(TestRelease(1), to: "staging")
                #expect(receipt.outcome == .rejected)
                #expect(receipt.attempts == 1)
                #expect(receipt.reason?.contains("hook declined") == true)
                #expect(receipt.reason?.contains("no deploys on") == true)
                #expect(receipt.reason?.contains("\u{1b}") == false)
            }
        }
    }

    @Test("works on a repository that was force-pushed and cleaned behind the cache's back")
    func forcePushed() async throws {
        try await withTemporaryDirectory { directory in
            let fixture = try await PromotionFixture.create(directory)
            try await fixture.promote(TestRelease(1), to: "staging")
            try await fixture.promote(TestRelease(2), to: "staging")
            let runner = InterferingRunner(before: "push") {
                _ = try await fixture.git("update-ref", "refs/heads/stage/staging", "stage/staging^")
                _ = try await fixture.git("-c", "gc.reflogExpire=now", "gc", "-q", "--prune=now")
            }
            let receipt = try await fixture.promote(TestRelease(3), to: "staging", runner: runner)
            #expect(receipt.outcome == .promoted)
            #expect(try await fixture.log("stage/staging").count == 2)
            try await fixture.policy.git("commit", "-q", "--amend", "-m", "Rewritten")
            try await fixture.policy.git("push", "-q", "-f", "origin", "main")
            #expect(try await fixture.promote(TestRelease(4), to: "staging").outcome == .promoted)
        }
    }
}

/// Lets somebody else act just before a Git command runs.
final class InterferingRunner: CommandRunner {
    private let base = SystemCommandRunner()
    private let command: String
    private let left: Mutex<Int>
    private let action: @Sendable () async throws -> Void

    init(before command: String, times: Int = 1, _ action: @escaping @Sendable () async throws -> Void) {
        self.command = command
        self.action = action
        left = Mutex(times)
    }

    func run(_ command: Command) async throws -> CommandResult {
        if command.arguments.contains(self.command), take(left) { try await action() }
        return try await base.run(command)
    }

    func find(_ name: String) -> String? { base.find(name) }
}

/// Loses the answer of a Git command, which ran or did not.
final class FaultyRunner: CommandRunner {
    private let base = SystemCommandRunner()
    private let command: String
    private let runs: Bool
    private let left: Mutex<Int>
    private let action: @Sendable () async throws -> Void

    init(command: String, runs: Bool, times: Int, _ action: @escaping @Sendable () async throws -> Void) {
        self.command = command
        self.runs = runs
        self.action = action
        left = Mutex(times)
    }

    func run(_ command: Command) async throws -> CommandResult {
        guard command.arguments.contains(self.command), take(left) else { return try await base.run(command) }
        if runs { _ = try await base.run(command) }
        try await action()
        return CommandResult(status: 128, output: [], errorOutput: "fatal: the remote end hung up unexpectedly\n")
    }

    func find(_ name: String) -> String? { base.find(name) }
}

/// Ends the promotion at a Git command, as a kill would: before it ran.
struct KillingRunner: CommandRunner {
    struct Killed: Error {}
    let command: String

    func run(_ command: Command) async throws -> CommandResult {
        if command.arguments.contains(self.command) { throw Killed() }
        return try await SystemCommandRunner().run(command)
    }

    func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
}

private func take(_ left: borrowing Mutex<Int>) -> Bool {
    left.withLock { count in
        count -= 1
        return count >= 0
    }
}
