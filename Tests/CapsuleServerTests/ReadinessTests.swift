import CapsuleServer
import CapsuleTestSupport
import Documents
import GitOps
import Processes
import Synchronization
import Testing

/// A machine whose programs a test takes away.
private final class TestMachine: CommandRunner {
    struct State: Sendable {
        var programs: Set<String> = ["git", "kubectl", "ssh"]
        var failure: CommandError?
        var status: Int32 = 0
    }

    let state = Mutex(State())

    func find(_ name: String) -> String? { state.withLock { $0.programs.contains(name) ? "/usr/bin/\(name)" : nil } }

    func run(_ command: Command) async throws -> CommandResult {
        let now = state.withLock { $0 }
        if let failure = now.failure { throw failure }
        guard find(command.executable) != nil else {
            throw CommandError(.notFound, "there is no \(command.executable)")
        }
        return CommandResult(status: now.status, output: Array("git version 2.47.0\n".utf8), errorOutput: "")
    }
}

@Suite("Readiness and liveness", .timeLimit(.minutes(1)))
struct ReadinessTests {
    private enum Fault: Sendable {
        case without(String)
        case status(Int32)
        case error(CommandError.Code)
        /// A file has the place of a directory, which fails for root, too.
        case occupied(String)
    }

    private func withMachine(_ body: @escaping @Sendable (TestService, TestMachine) async throws -> Void) async throws {
        let machine = TestMachine()
        try await withTestService(
            [], runner: machine,
            configure: {
                $0.settings.allowList = try AllowList(
                    repositories: ["registry.example.com/shop"],
                    remotes: [GitRemote("git@git.example.com:platform/gitops.git")])
            }
        ) { try await body($0, machine) }
    }

    /// Advances the clock to the next look, and waits for what it finds.
    private func look(_ service: TestService, _ what: String, _ isSeen: (HTTPReply) -> Bool) async throws {
        try await eventually("the last look is over") { service.clock.sleepers > 0 }
        service.clock.advance(by: .seconds(5))
        try await eventually(what) { isSeen(try await service.tester.get("/readyz")) }
    }

    @Test("say what work lacks, and that it is back, without a restart")
    func faults() async throws {
        try await withMachine { service, machine in
            #expect(try await service.tester.get("/readyz").status == 200)
            for (fault, words) in [
                (.without("git"), "no git on PATH"), (.without("kubectl"), "no renderer on PATH"),
                (.without("ssh"), "git@git.example.com:platform/gitops.git requires ssh"),
                (.status(1), "ended with status 1"),
                (.status(137), "ended with status 137"), (.error(.failed), "no program can be started"),
                (.error(.deadline), "the reason"), (.occupied("cache/promotions"), "/cache/promotions"),
                (.occupied("cache"), "/cache"),
            ] as [(Fault, String)] {
                let before = machine.state.withLock { $0 }
                switch fault {
                case .without(let name): machine.state.withLock { _ = $0.programs.remove(name) }
                case .status(let status): machine.state.withLock { $0.status = status }
                case .error(let code):
                    machine.state.withLock { $0.failure = CommandError(code, "the reason") }
                case .occupied(let path):
                    try await Tool.output([
                        "sh", "-c", "rm -rf \"$1\" && touch \"$1\"", "sh", "\(service.directory)/\(path)",
                    ])
                }
                try await look(service, words) { $0.status == 503 && $0.text.contains(words) }
                #expect(service.log.all.contains { $0.contains("not ready") && $0.contains(words) }, "\(words)")
                #expect(try await service.tester.get("/healthz").status == 200, "\(words)")
                machine.state.withLock { $0 = before }
                // What was removed is made again.
                if case .occupied(let path) = fault { try await Tool.output(["rm", "\(service.directory)/\(path)"]) }
                try await look(service, "ready after \(words)") { $0.status == 200 }
            }
        }
    }

    @Test("a directory that was removed is made again before it is missed")
    func removed() async throws {
        try await withMachine { service, _ in
            try await Tool.output(["rm", "-rf", "\(service.directory)/cache"])
            try await eventually("the first look is over") { service.clock.sleepers > 0 }
            service.clock.advance(by: .seconds(5))
            try await eventually("it is there") {
                try await Tool.run(["test", "-d", "\(service.directory)/cache/promotions"]).succeeded
            }
            #expect(try await service.tester.get("/readyz").status == 200)
        }
    }

    @Test("only a lasting failure to start programs is one of liveness")
    func lasting() async throws {
        try await withMachine { service, machine in
            machine.state.withLock { $0.failure = CommandError(.failed, "Resource temporarily unavailable") }
            try await look(service, "not ready") { $0.status == 503 }
            // A task might not get a thread, so work is refused without one.
            let refused = try await service.tester.post("/verify", .null)
            #expect(refused.status == 503 && refused.text.contains("no program can be started"), "\(refused.text)")
            #expect(try await service.tester.get("/metrics").text.contains("capsule_build_info"))
            try await eventually("the look is over") { service.clock.sleepers > 0 }
            service.clock.advance(by: .milliseconds(59_999))
            #expect(try await service.tester.get("/healthz").status == 200)
            service.clock.advance(by: .milliseconds(1))
            let dead = try await service.tester.get("/healthz")
            #expect(
                dead.status == 503 && dead.text.contains("no program could be started for 60 seconds"), "\(dead.text)")
            machine.state.withLock { $0.failure = nil }
            try await look(service, "ready") { $0.status == 200 }
            #expect(try await service.tester.get("/healthz").status == 200)
        }
    }

    @Test("a service without a Git repository requires no program")
    func verifier() async throws {
        let machine = TestMachine()
        machine.state.withLock { $0.programs = [] }
        try await withTestService([], runner: machine) { service in
            let status = try await service.tester.get("/readyz").status
            #expect(status == 200)
        }
    }
}
