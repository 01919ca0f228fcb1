import CapsuleCore
import CapsuleTestSupport
import Processes
import PromotionTestSupport
import Synchronization
import Testing

@testable import DeliveryConfiguration
@testable import GitOps
@testable import Promotion

/// Git refuses repositories of other users, whose hooks and configuration would run as this user.
@Suite("Repositories of other users", .timeLimit(.minutes(2)))
struct OwnershipTests {
    @Test("are pushed to and read only where the user trusts them", .needs("git"), arguments: [true, false])
    func foreign(useFile: Bool) async throws {
        try await withTemporaryDirectory { directory in
            var fixture = try await PromotionFixture.create(directory)
            fixture.useFileTransport = useFile
            let remote = fixture.remote
            let runner = OtherOwnerRunner(of: remote)
            let marker = "\(directory)/marker"
            try await writeProgram("\(remote)/hooks/pre-receive", "#!/bin/sh\ntouch \(marker)\n")
            let error = await #expect(throws: GitError.self) {
                try await fixture.promote(TestRelease(1), to: "staging", runner: runner)
            }
            #expect(error?.code == .foreignOwner)
            #expect(error?.message.contains("belongs to another user") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("git config --global --add safe.directory \(remote)") == true)
            #expect(!listTree(directory).contains("marker"))
            // The remedy works, by the user's own configuration.
            let home = "\(directory)/home"
            try writeFile("\(home)/.gitconfig", "")
            try await Tool.output(
                ["git", "config", "--global", "--add", "safe.directory", remote],
                environment: ["HOME": home, "GIT_CONFIG_GLOBAL": "\(home)/.gitconfig"])
            let receipt = try await fixture.with(runner: runner, environment: ["HOME": home]) { promoter, snapshot in
                try await promoter.promote([
                    TestRelease(1).promotion(promoter.configuration, stage: "staging", snapshot: snapshot)
                ]).first?.receipt
            }
            #expect(receipt?.outcome == .promoted)
        }
    }

    @Test("are never all trusted by a command that can reach a repository that is pushed to", arguments: [true, false])
    func arguments(useFile: Bool) async throws {
        try await withTemporaryDirectory { directory in
            var fixture = try await PromotionFixture.create(directory)
            fixture.useFileTransport = useFile
            let runner = ConfigurationRunner()
            #expect(try await fixture.promote(TestRelease(1), to: "staging", runner: runner).outcome == .promoted)
            let commands = runner.commands
            #expect(commands.contains { $0.arguments.contains("push") })
            for command in commands {
                let reaches =
                    ["push", "fetch", "ls-remote"].contains { command.arguments.contains($0) }
                    || command.workingDirectory == fixture.remote
                guard reaches else { continue }
                #expect(!command.arguments.contains("safe.directory=*"), "\(command.arguments)")
                #expect(!command.configuration.contains("*"), "\(command.configuration)")
            }
        }
    }
}

/// Has Git take the owner of a repository for another user.
private struct OtherOwnerRunner: CommandRunner {
    let path: String

    init(of path: String) { self.path = path }

    func run(_ command: Command) async throws -> CommandResult {
        var command = command
        let isThere =
            command.workingDirectory == path || command.arguments.contains { $0 == path || $0 == "file://\(path)" }
        if isThere { command.environment["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1" }
        // This setting is for the side that runs here; Git does not pass it on to the other one.
        if isThere, command.workingDirectory != path {
            command.arguments = ["-c", "safe.directory=*"] + command.arguments
        }
        return try await SystemCommandRunner().run(command)
    }

    func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
}

/// Remembers the arguments of the commands and the content of their configuration file.
private final class ConfigurationRunner: CommandRunner {
    struct Recorded: Sendable {
        let arguments: [String]
        let workingDirectory: String?
        let configuration: String
    }

    private let recorded = Mutex<[Recorded]>([])
    var commands: [Recorded] { recorded.withLock { $0 } }

    func run(_ command: Command) async throws -> CommandResult {
        let file = command.environment["GIT_CONFIG_GLOBAL"] ?? "/dev/null"
        let configuration = String(decoding: (try? readFile(file)) ?? [], as: UTF8.self)
        recorded.withLock {
            $0.append(
                Recorded(
                    arguments: command.arguments, workingDirectory: command.workingDirectory,
                    configuration: configuration))
        }
        return try await SystemCommandRunner().run(command)
    }

    func find(_ name: String) -> String? { SystemCommandRunner().find(name) }
}
