import Processes
import Testing

/// Each in a process of its own, where nothing else is open or running.
@Suite("Many programs", .serialized)
struct LoadTests {
    @Test("500 concurrent programs leave no descriptors, threads or children behind, and do not delay other tasks")
    func inFlight() async throws {
        await #expect(processExitsWith: .success) {
            let rest = try Holdings.now().withPrograms()
            let ticker = Task {
                var longest = Duration.zero
                while !Task.isCancelled {
                    let start = ContinuousClock.now
                    try? await Task.sleep(for: .milliseconds(10))
                    longest = max(longest, ContinuousClock.now - start)
                }
                return longest
            }
            let results = try await withThrowingTaskGroup { group in
                for number in 0..<500 {
                    group.addTask { try await runner.run(shell("cat; sleep 0.1", input: Array("\(number)".utf8))).text }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            ticker.cancel()
            #expect(results.count == 500)
            // Generous, for the machine may have other things to do; that starting never takes the pool's threads is held to
            // by `HangingStartTests`.
            let longest = await ticker.value
            #expect(longest < .seconds(2))
            #expect(try await eventually { try Holdings.now() == rest })
        }
    }

    @Test("1,000 runs of every outcome leave no descriptors, threads or children behind")
    func mixed() async throws {
        await #expect(processExitsWith: .success) {
            let rest = try Holdings.now().withPrograms()
            let mark = "62.\(UInt32.random(in: 1_000_000...9_999_999))"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1_000 {
                    if number >= 40 { try await group.next() }
                    group.addTask { try await outcome(number, mark) }
                }
                try await group.waitForAll()
            }
            #expect(try await eventually { try Holdings.now() == rest })
            #expect(try processes(with: mark) == 0)
        }
    }

    @Test("a waiting program can be cancelled, and the others then run")
    func waiting() async throws {
        await #expect(processExitsWith: .success) {
            let mark = "63.\(UInt32.random(in: 1_000_000...9_999_999))"
            let sleepers = (0..<70).map { _ in Task { try await runner.run(Command("sleep", [mark], environment: [:])) }
            }
            #expect(try await eventually { try processes(with: mark) == 64 })
            let next = Task { try await runner.run(shell("echo never")) }
            let last = Task { try await runner.run(shell("echo last")) }
            let answer = try await runner.withConversation(shell("echo talks; cat")) { try await $0.read() }
            #expect(answer == Array("talks\n".utf8))
            next.cancel()
            await #expect(throws: CancellationError.self) { try await next.value }
            #expect(try processes(with: mark) == 64)
            for sleeper in sleepers { sleeper.cancel() }
            #expect(try await last.value.text == "last")
            for sleeper in sleepers { await #expect(throws: CancellationError.self) { try await sleeper.value } }
            #expect(try processes(with: mark) == 0)
        }
    }

    @Test("a task with more conversations than the limit for programs can still run one")
    func nested() async throws {
        @Sendable func hold(_ conversations: Int) async throws -> String {
            if conversations == 0 { return try await runner.run(shell("echo on", deadline: .seconds(30))).text }
            return try await runner.withConversation(Command("cat", [], environment: [:])) { _ in
                try await hold(conversations - 1)
            }
        }
        #expect(try await hold(70) == "on")
    }
}

/// One run of many: its number decides how it ends.
private func outcome(_ number: Int, _ mark: String) async throws {
    switch number % 8 {
    case 0: #expect(try await runner.run(shell("echo $1", ["\(number)"])).text == "\(number)")
    case 1: #expect(try await runner.run(shell("cat >&2; exit 9", input: [0x61])).status == 9)
    case 2:
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(Command("sleep", [mark], environment: [:], deadline: .milliseconds(20)))
        }
        #expect(error?.code == .deadline)
    case 3:
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(Command("yes", [], environment: [:], outputLimit: 100_000))
        }
        #expect(error?.code == .outputLimit)
    case 4:
        var command = shell("true")
        command.workingDirectory = "/no/such/directory"
        let error = await commandError { _ = try await runner.run(command) }
        #expect(error?.code == .failed)
    case 5:
        let task = Task { try await runner.run(Command("sleep", [mark], environment: [:])) }
        try await Task.sleep(for: .microseconds(number * 5))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    case 6:
        let input = [UInt8](repeating: 0, count: 200_000)
        #expect(try await runner.run(shell("exit 3", input: input)).status == 3)
    default:
        try await runner.withConversation(Command("cat", [], environment: [:])) { conversation in
            try await conversation.write([0x68, 0x69])
            #expect(try await conversation.read() == [0x68, 0x69])
        }
    }
}
