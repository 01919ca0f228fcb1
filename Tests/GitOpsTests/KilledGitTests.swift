import CapsuleCore
import CapsuleTestSupport
import Processes
import PromotionTestSupport
import Support
import Synchronization
import Testing

@testable import GitOps

/// Has one call of a program end as it does when memory or processes are short.
private final class KilledRunner: CommandRunner {
    private let number: Int
    private let end: CommandResult
    private let calls = Mutex(0)

    /// - Parameter number: the number of calls before it.
    init(after number: Int, end: CommandResult) {
        self.number = number
        self.end = end
    }

    var wasKilled: Bool { calls.withLock { $0 > number } }

    func run(_ command: Command) async throws -> CommandResult {
        let call = calls.withLock { count in
            defer { count += 1 }
            return count
        }
        if call == number { return end }
        return try await SystemCommandRunner().run(command)
    }

    func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
}

@Suite("A Git that is killed", .timeLimit(.minutes(1)))
struct KilledGitTests {
    @Test(
        "says nothing about a repository, whichever call it is",
        arguments: [
            (137, "", ["was killed by signal 9;"]),
            (255, "cannot fork\n", ["ended with status 255;", "It said: cannot fork"]),
        ])
    func everyCall(status: Int32, output: String, words: [String]) async throws {
        let end = CommandResult(status: status, output: [], errorOutput: output)
        try await withTemporaryDirectory { directory in
            let app = try await TestRepository.create("\(directory)/app")
            let commit = try await app.commit(["base/a.yaml": "a\n"], message: "First")
            var killed = 0
            while true {
                let runner = KilledRunner(after: killed, end: end)
                let git = Git(runner: runner, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
                do {
                    let source = try await git.packageSource(
                        in: app.path, revision: "main", source: nil, include: nil, kind: .kustomize)
                    #expect(!runner.wasKilled && source.commit.description == commit)
                    break
                } catch let error as GitError {
                    #expect(
                        error.code == .gitFailed && words.allSatisfy(error.message.contains), "call \(killed): \(error)"
                    )
                }
                killed += 1
                try #require(killed < 50)
            }
            #expect(killed > 2, "\(killed)")
        }
    }
}
