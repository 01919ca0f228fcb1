import Processes
import Testing

@Suite("Running programs")
struct SystemCommandRunnerTests {
    let runner = SystemCommandRunner()

    @Test("returns output, error output and status as data")
    func result() async throws {
        let result = try await runner.run(
            Command("sh", ["-c", "cat; echo oops >&2; exit 3"], environment: [:], input: Array("in".utf8)))
        #expect(result.status == 3)
        #expect(result.text == "in")
        #expect(result.errorOutput == "oops\n")
    }

    @Test("gives the program the named environment and nothing else")
    func environment() async throws {
        let result = try await runner.run(Command("env", [], environment: ["ONLY": "this"]))
        #expect(result.text == "ONLY=this")
    }

    @Test("kills the whole process group at the deadline")
    func deadline() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(
                Command(
                    "sh", ["-c", "sleep 60 & wait"], environment: ["PATH": "/bin:/usr/bin"],
                    deadline: .milliseconds(300)))
        }
        #expect(error?.code == .deadline)
        #expect(clock.now - start < .seconds(20))
    }

    @Test("stops a program that prints too much")
    func outputLimit() async throws {
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(Command("yes", [], environment: [:], outputLimit: 10_000))
        }
        #expect(error?.code == .outputLimit)
    }

    @Test("names a program that is not installed")
    func missing() async throws {
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(Command("no-such-program", [], environment: [:]))
        }
        #expect(error?.code == .notFound)
        #expect(runner.find("no-such-program") == nil)
        #expect(runner.find("sh")?.hasPrefix("/") == true)
    }

    @Test("takes the answer of a program that ends without reading its input")
    func unreadInput() async throws {
        for _ in 0..<5 {
            let result = try await runner.run(
                Command(
                    "sh", ["-c", "echo done; exit 3"], environment: [:], input: [UInt8](repeating: 1, count: 4 << 20)))
            #expect(result.status == 3)
            #expect(result.text == "done")
        }
    }
}
