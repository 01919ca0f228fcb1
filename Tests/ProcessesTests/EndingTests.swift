import Processes
import Testing

@Suite("Ending programs")
struct EndingTests {
    /// Runs a script past its deadline, and returns how long that took.
    private func overdue(_ script: String, _ directory: String, after deadline: Duration) async -> Duration {
        let start = ContinuousClock.now
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(shell(script, [directory], deadline: deadline))
        }
        #expect(error?.code == .deadline)
        #expect(error?.description == "sh ran longer than \(deadline) and was stopped")
        return ContinuousClock.now - start
    }

    @Test("the deadline ends the whole group: children and grandchildren")
    func group() async throws {
        try await withDirectory { directory in
            let script = """
                sleep 60 & echo $! > "$1/child"
                sh -c 'sleep 60 & echo $! > "$1/grandchild"; wait' sh "$1" &
                wait
                """
            #expect(await overdue(script, directory, after: .seconds(1)) < .seconds(20))
            for name in ["child", "grandchild"] {
                let number = try await process(in: "\(directory)/\(name)")
                #expect(number > 0)
                #expect(try await eventually { !isRunning(number) })
            }
        }
    }

    @Test("a program receives SIGTERM first, and may clean up", arguments: ["", "kill -STOP $$;"])
    func grace(before: String) async throws {
        try await withDirectory { directory in
            let script = """
                trap 'echo tidy > "$1/tidied"; exit 0' TERM
                \(before) while :; do sleep 0.02; done
                """
            #expect(await overdue(script, directory, after: .seconds(1)) < .seconds(20))
            #expect(exists("\(directory)/tidied"))
        }
    }

    @Test("a program that ignores SIGTERM is killed half a second later")
    func deaf() async throws {
        try await withDirectory { directory in
            let script = "trap '' TERM; echo $$ > \"$1/number\"; while :; do sleep 0.05; done"
            let time = await overdue(script, directory, after: .seconds(1))
            #expect(time > .milliseconds(1_400) && time < .seconds(20))
            let number = try await process(in: "\(directory)/number")
            #expect(number > 0 && !isRunning(number))
        }
    }

    @Test("a process that left the group and holds a pipe is abandoned at the deadline")
    func orphan() async throws {
        await #expect(processExitsWith: .success) {
            try await withDirectory { directory in
                let rest = try Holdings.now().withPrograms()
                let script = "setsid sh -c 'echo $$ > \"$1/number\"; exec sleep 60' sh \"$1\" & exit 0"
                #expect(await EndingTests().overdue(script, directory, after: .seconds(1)) < .seconds(20))
                let number = try await process(in: "\(directory)/number")
                #expect(isRunning(number))
                #expect(try await eventually { try Holdings.now() == rest })
                _ = try await runner.run(shell("kill -9 $1", ["\(number)"]))
            }
        }
    }

    @Test("a deadline of zero, and one beyond the clock's range")
    func extremes() async throws {
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(shell("sleep 60", deadline: .zero))
        }
        #expect(error?.code == .deadline)
        for deadline in [Duration.seconds(Int64.max), .seconds(1 << 40)] {
            #expect(try await runner.run(shell("echo on", deadline: deadline)).text == "on")
        }
    }

    @Test("a task that was cancelled before starts nothing")
    func cancelledBefore() async throws {
        try await withDirectory { directory in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await runner.run(shell("echo > \"$1/started\"", [directory]))
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            try await Task.sleep(for: .milliseconds(100))
            #expect(!exists("\(directory)/started"))
        }
    }

    @Test("a task that is cancelled while its program starts leaves nothing running")
    func cancelledWhileStarting() async throws {
        // Each sleeps for a unique time.
        let mark = "61.\(UInt32.random(in: 1_000_000...9_999_999))"
        try await withThrowingTaskGroup { group in
            for round in 0..<100 {
                group.addTask {
                    let task = Task { try await runner.run(Command("sleep", [mark], environment: [:])) }
                    try await Task.sleep(for: .microseconds(round * 40))
                    task.cancel()
                    await #expect(throws: CancellationError.self) { try await task.value }
                }
            }
            try await group.waitForAll()
        }
        #expect(try processes(with: mark) == 0)
    }

    @Test("a task that is cancelled ends its program and the program's children")
    func cancelledWhileRunning() async throws {
        try await withDirectory { directory in
            let task = Task {
                try await runner.run(
                    shell("sleep 60 & echo $! > \"$1/child\"; echo $$ > \"$1/shell\"; wait", [directory]))
            }
            let numbers = try await [process(in: "\(directory)/child"), process(in: "\(directory)/shell")]
            #expect(numbers.allSatisfy { $0 > 0 && isRunning($0) })
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(!isRunning(numbers[1]))
            #expect(try await eventually { !isRunning(numbers[0]) })
        }
    }

    @Test("a cancellation after the end changes nothing")
    func cancelledAfter() async throws {
        let task = Task { try await runner.run(shell("echo done")) }
        #expect(try await task.value.text == "done")
        task.cancel()
        #expect(try await task.value.text == "done")
    }
}
