import CapsuleServer
import CapsuleTestSupport
import GitOps
import Synchronization
import Testing

@testable import CapsuleServer

@Suite("Review branches that the service looks at", .timeLimit(.minutes(1)))
struct ReviewPrunerTests {
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
            func looks() -> Int { service.log.all.count { $0.contains("review branches could not be pruned") } }
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
