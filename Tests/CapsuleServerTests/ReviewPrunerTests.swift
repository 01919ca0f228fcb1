import CapsuleServer
import CapsuleTestSupport
import GitOps
import Processes
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("Review branches that the service looks at", .timeLimit(.minutes(1)))
struct ReviewPrunerTests {
    /// A machine whose Git reaches no host.
    private final class CutOffMachine: CommandRunner {
        let calls = Mutex(0)

        func find(_ name: String) -> String? { "/usr/bin/\(name)" }

        func run(_ command: Command) async throws -> CommandResult {
            guard !command.arguments.contains("--version") else {
                return CommandResult(status: 0, output: Array("git version 2.47.0\n".utf8), errorOutput: "")
            }
            calls.withLock { $0 += 1 }
            throw CommandError(.failed, "Could not resolve host: git.example.com")
        }
    }

    @Test("are looked at after each interval, also after an outage, and never without one", arguments: [nil, 3_600])
    func interval(_ seconds: Int?) async throws {
        let machine = CutOffMachine()
        try await withTestService(
            [try await TestRelease()], tokens: true, runner: machine,
            configure: {
                $0.reviewInterval = seconds.map { .seconds($0) }
                $0.settings.allowList = try AllowList(
                    repositories: ["registry.example.com/shop"],
                    remotes: [GitRemote("https://git.example.com/a.git"), GitRemote("https://git.example.com/b.git")])
            }
        ) { service in
            func looks() -> Int { service.log.all.count { $0.contains("review branches were not looked at") } }
            for round in 1...2 {
                try await eventually("the sleep") { service.clock.sleepers >= (seconds == nil ? 1 : 2) }
                #expect(looks() == (round - 1) * (seconds == nil ? 0 : 2), "no look before the interval")
                service.clock.advance(by: .seconds(3_600))
                if seconds != nil { try await eventually("round \(round)") { looks() == round * 2 } }
            }
            #expect(seconds != nil || machine.calls.withLock { $0 } == 0)
            #expect(
                seconds == nil
                    || service.log.all.contains {
                        $0.contains("https://git.example.com/b.git") && $0.contains("reason")
                    })
        }
    }
}
