import Processes
import Testing

/// Executing a file on which another process holds a write lease waits for that process, for up to 45 seconds: like a program
/// on an unresponsive file system.
@Suite("Starts that hang")
struct HangingStartTests {
    private static let holder = """
        import fcntl, os, signal, sys
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        descriptor = os.open(sys.argv[1], os.O_RDONLY)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        print("held", flush=True)
        sys.stdin.read()
        """

    private func withHeldProgram(_ body: (String) async throws -> Void) async throws {
        try await withDirectory { directory in
            let program = "\(directory)/program"
            _ = try await runner.run(shell("cp /bin/true \"$1\"", [program]))
            let command = Command("python3", ["-c", Self.holder, program], environment: searchPath)
            try await runner.withConversation(command) { conversation in
                var reader = ConversationReader(conversation)
                let line = try await reader.line(atMost: 100)
                try #require(line == Array("held".utf8))
                try await body(program)
            }
        }
    }

    @Test("the deadline ends a program that was never executed, and leaves nothing", .timeLimit(.minutes(2)))
    func deadline() async throws {
        await #expect(processExitsWith: .success) {
            let rest = try Holdings.now().withPrograms(conversations: 1)
            try await HangingStartTests().withHeldProgram { program in
                for _ in 0..<4 {
                    let error = await #expect(throws: CommandError.self) {
                        try await runner.run(Command(program, [], environment: [:], deadline: .milliseconds(200)))
                    }
                    #expect(error?.code == .deadline)
                }
                #expect(try await eventually { try Holdings.now() == rest })
                let next = try await runner.run(shell("echo on"))
                #expect(next.text == "on")
            }
        }
    }

    @Test(
        "more hanging starts than starters and cores delay no task, and a cancellation ends them all",
        .timeLimit(.minutes(2)))
    func cancellation() async throws {
        await #expect(processExitsWith: .success) {
            let rest = try Holdings.now().withPrograms(conversations: 1)
            try await HangingStartTests().withHeldProgram { program in
                let tasks = (0..<50).map { _ in Task { try await runner.run(Command(program, [], environment: [:])) } }
                try await Task.sleep(for: .milliseconds(200))
                #expect(try Holdings.now().children == rest.children + 2)
                for task in tasks { task.cancel() }
                for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
                #expect(try await eventually { try Holdings.now() == rest })
                let next = try await runner.run(shell("echo on"))
                #expect(next.text == "on")
            }
        }
    }
}
