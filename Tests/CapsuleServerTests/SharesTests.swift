import CapsuleTestSupport
import Documents
import GitOps
import Processes
import Support
import Testing

@testable import CapsuleServer

@Suite("Shares of the service", .timeLimit(.minutes(1))) struct SharesTests {
    private static let remote = "https://git.example.com/platform/gitops.git"
    private static let commit = String(repeating: "1", count: 40)

    /// Git that hangs in every call but the one for its version.
    private struct HangingGit: CommandRunner {
        func find(_ name: String) -> String? { "/usr/bin/\(name)" }

        func run(_ command: Command) async throws -> CommandResult {
            if !command.arguments.contains("--version") { try await Task.sleep(for: .seconds(3_600)) }
            return CommandResult(status: 0, output: [], errorOutput: "")
        }
    }

    @Test("promotions that wait for a Git host that hangs leave renders and verifications theirs")
    func hangingHost() async throws {
        let release = try await TestRelease()
        try await withTestService(
            [release], tokens: true, runner: HangingGit(),
            configure: {
                $0.settings.allowList = try $0.settings.allowList.adding(
                    AllowList(repositories: [], remotes: [GitRemote(Self.remote)]))
                $0.limits.queue = 2
                $0.limits.promotions = 10
                $0.graceTime = .zero
            }
        ) { service in
            func promotion(_ number: Int) -> JSONValue {
                [
                    "freight": release.request(), "stage": .string("stage-\(number)"),
                    "gitops": ["repository": .string(Self.remote), "commit": .string(Self.commit)],
                ]
            }
            for number in 0..<10 {
                #expect(try await service.tester.post("/v1/promotions", promotion(number)).status == 202)
            }
            let full = try await service.tester.post("/v1/promotions", promotion(10))
            #expect(
                full.status == 429 && full.text.contains("10 promotions wait or run, which is the limit"),
                "\(full.text)")
            let rendering: JSONValue = [
                "stage": "stage-1", "gitops": ["repository": .string(Self.remote), "commit": .string(Self.commit)],
            ]
            async let render = service.verify(release.request(["render": rendering]))
            try await eventually("the render and the promotions run") {
                let metrics = try await service.tester.get("/metrics").text
                return [
                    "capsule_work_running{work=\"render\"} 1", "capsule_work_running{work=\"promotion\"} 4",
                    "capsule_work_waiting{work=\"promotion\"} 6",
                ].allSatisfy { metrics.contains("\($0)\n") }
            }
            #expect(try await service.verify(release.request()).status == 200)
            service.clock.advance(by: .seconds(120))
            let late = try await render
            #expect(late.status == 503 && late.text.contains("after 120 seconds, the limit"), "\(late.text)")
            let metrics = try await service.tester.get("/metrics").text
            #expect(metrics.contains("capsule_failures_total{reason=\"timeout\"} 1\n"))
            #expect(metrics.contains("capsule_failures_total{reason=\"busy\"} 1\n"))
            #expect(metrics.contains("capsule_work_longest_wait_seconds{work=\"promotion\"} 120\n"), "\(metrics)")
            // The log of a request names what it was about.
            for (fields, reason) in [
                (["\"status\":202", "\"stage\":\"stage-3\"", "\"promotion\":\""], "accepted"),
                (["\"status\":503", "\"stage\":\"stage-1\"", "\"path\":\"/verify\""], "late"),
                (["\"status\":429", "\"stage\":\"stage-10\""], "full"),
            ] {
                #expect(service.log.all.contains { line in fields.allSatisfy(line.contains) }, "\(reason)")
            }
        }
    }
}
