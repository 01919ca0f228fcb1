import Processes
import Testing

@Suite("Conversations")
struct ConversationTests {
    @Test("one git cat-file answers 2,000 questions")
    func catFile() async throws {
        try await withDirectory { directory in
            let environment = searchPath.merging([
                "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": directory,
            ]) { $1 }
            func git(_ arguments: [String], input: [UInt8] = []) -> Command {
                Command("git", arguments, environment: environment, workingDirectory: directory, input: input)
            }
            #expect(try await runner.run(git(["init", "-q"])).succeeded)
            var contents: [String: [UInt8]] = [:]
            for size in [0, 1, 100, 70_000, 300_000] {
                let content = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
                let id = try await runner.run(git(["hash-object", "-w", "--stdin"], input: content)).text
                contents[id] = content
            }
            try await runner.withConversation(git(["cat-file", "--batch"])) { conversation in
                var reader = ConversationReader(conversation)
                for round in 0..<400 {
                    for (id, content) in contents where content.count < 1_000 || round < 20 {
                        try await conversation.write(Array("\(id)\n".utf8))
                        let head = try await reader.line(atMost: 200)
                        #expect(head == Array("\(id) blob \(content.count)".utf8))
                        #expect(try await reader.bytes(content.count + 1) == content + [0x0A])
                    }
                    try await conversation.write(Array("nothing\n".utf8))
                    #expect(try await reader.line(atMost: 200) == Array("nothing missing".utf8))
                }
                let result = try await conversation.finish()
                #expect(result.succeeded && result.output.isEmpty)
            }
        }
    }

    @Test("unread output holds the program back, and is complete later")
    func backPressure() async throws {
        try await withDirectory { directory in
            let script = """
                i=0; while [ $i -lt 20 ]; do head -c 65536 /dev/zero; i=$((i+1)); echo $i > "$1/blocks"; done
                """
            try await runner.withConversation(shell(script, [directory])) { conversation in
                #expect(try await eventually { exists("\(directory)/blocks") })
                try await Task.sleep(for: .milliseconds(300))
                #expect(try text("\(directory)/blocks") == "1\n")
                var count = 0
                while case let bytes = try await conversation.read(atMost: 10_000), !bytes.isEmpty {
                    #expect(bytes.count <= 10_000)
                    count += bytes.count
                }
                #expect(count == 20 * 65_536)
                #expect(try await conversation.read().isEmpty)
                #expect(try await conversation.finish().succeeded)
            }
        }
    }

    @Test("a write waits until the program reads, and reading continues meanwhile")
    func largeWrite() async throws {
        let bytes: [UInt8] = Array(repeating: Array(0...250), count: 4_000).flatMap { $0 }
        try await runner.withConversation(Command("cat", [], environment: [:])) { conversation in
            async let written: Void = conversation.write(bytes)
            var reader = ConversationReader(conversation)
            #expect(try await reader.bytes(bytes.count) == bytes)
            try await written
        }
    }

    @Test("the command's input is written first")
    func input() async throws {
        let command = Command("cat", [], environment: [:], input: Array("first\n".utf8))
        try await runner.withConversation(command) { conversation in
            var reader = ConversationReader(conversation)
            #expect(try await reader.line(atMost: 100) == Array("first".utf8))
            try await conversation.write(Array("second\n".utf8))
            #expect(try await reader.line(atMost: 100) == Array("second".utf8))
        }
    }

    @Test("the end of the closure ends the program and its children", arguments: [false, true])
    func closing(throwing: Bool) async throws {
        struct Enough: Error {}
        try await withDirectory { directory in
            let script = "sleep 60 & echo $! > \"$1/child\"; echo $$ > \"$1/shell\"; trap '' TERM; wait; sleep 60"
            do {
                try await runner.withConversation(shell(script, [directory])) { _ in
                    _ = try await eventually { exists("\(directory)/shell") }
                    if throwing { throw Enough() }
                }
                #expect(!throwing)
            } catch is Enough {
                #expect(throwing)
            }
            for name in ["child", "shell"] {
                let number = try await process(in: "\(directory)/\(name)")
                #expect(number > 0)
                #expect(try await eventually { !isRunning(number) })
            }
        }
    }

    @Test(
        "a cancellation ends the program, whatever the conversation waits for",
        arguments: ["read", "write", "finish", "else"])
    func cancellation(waitsFor: String) async throws {
        try await withDirectory { directory in
            let task = Task {
                try await runner.withConversation(shell("echo $$ > \"$1/number\"; exec sleep 60", [directory])) {
                    conversation in
                    switch waitsFor {
                    case "read": _ = try await conversation.read()
                    case "write": try await conversation.write([UInt8](repeating: 0, count: 1 << 20))
                    case "finish": try await conversation.finish()
                    default: try await Task.sleep(for: .seconds(60))
                    }
                }
            }
            let number = try await process(in: "\(directory)/number")
            #expect(isRunning(number))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(!isRunning(number))
        }
    }

    @Test("the deadline ends a conversation, and every call reports it")
    func deadline() async throws {
        let command = Command("sleep", ["60"], environment: [:], deadline: .milliseconds(300))
        try await runner.withConversation(command) { conversation in
            let read = await commandError { _ = try await conversation.read() }
            let write = await commandError { try await conversation.write([1]) }
            let finish = await commandError { try await conversation.finish() }
            for error in [read, write, finish] {
                #expect(error?.code == .deadline)
                #expect(error?.description == "sleep ran longer than 0.3 seconds and was stopped")
            }
        }
    }

    @Test("the output of a program that has ended is at its end, and writes fail")
    func ended() async throws {
        try await runner.withConversation(shell("echo last; echo why >&2; exit 7")) { conversation in
            var reader = ConversationReader(conversation)
            #expect(try await reader.line(atMost: 4) == Array("last".utf8))
            #expect(try await reader.line(atMost: 4) == nil)
            let error = await commandError {
                try await conversation.write([UInt8](repeating: 0, count: 1 << 20))
            }
            #expect(error?.description == "sh has closed its standard input")
            let result = try await conversation.finish()
            #expect(result.status == 7)
            #expect(result.errorOutput == "why\n")
        }
    }

    @Test("lines up to the limit are read; a longer one and one without its end are rejected")
    func lines() async throws {
        try await runner.withConversation(shell("printf '1234\\n\\n12345\\n'")) { conversation in
            var reader = ConversationReader(conversation)
            let lines = try await [reader.line(atMost: 4), reader.line(atMost: 4)]
            #expect(lines == [Array("1234".utf8), []])
            let long = await commandError { _ = try await reader.line(atMost: 4) }
            #expect(long?.code == .outputLimit)
        }
        try await runner.withConversation(shell("printf '1234\\n12'")) { conversation in
            var reader = ConversationReader(conversation)
            let parts = try await [reader.bytes(2), reader.line(atMost: 2)]
            #expect(parts == [Array("12".utf8), Array("34".utf8)])
            let cut = await commandError { _ = try await reader.line(atMost: 4) }
            #expect(cut?.code == .failed)
            let missing = await commandError { _ = try await reader.bytes(3) }
            #expect(missing?.code == .failed)
        }
    }

    @Test("a second call of a kind is rejected while the first is active")
    func busy() async throws {
        try await runner.withConversation(Command("cat", [], environment: [:])) { conversation in
            async let first = conversation.read()
            try await Task.sleep(for: .milliseconds(100))
            let error = await commandError { _ = try await conversation.read() }
            #expect(error?.code == .failed)
            try await conversation.write([0x61])
            #expect(try await first == [0x61])
        }
    }

    @Test("a conversation runs on its caller's isolation")
    @MainActor func isolation() async throws {
        var lines: [[UInt8]?] = []
        try await runner.withConversation(shell("echo one; echo two")) { conversation in
            MainActor.assertIsolated()
            var reader = ConversationReader(conversation)
            for _ in 0..<3 { lines.append(try await reader.line(atMost: 10)) }
        }
        #expect(lines == [Array("one".utf8), Array("two".utf8), nil])
    }

    @Test("a program that cannot be started is an error of the call, and the closure does not run")
    func notStarted() async throws {
        let error = await commandError {
            try await runner.withConversation(Command("no-such-program", [], environment: [:])) { _ in
                #expect(Bool(false), "it ran")
            }
        }
        #expect(error?.code == .notFound)
        var command = shell("true")
        command.workingDirectory = "/no/such/directory"
        let other = await commandError { [command] in
            try await runner.withConversation(command) { _ in #expect(Bool(false), "it ran") }
        }
        #expect(other?.description == "sh could not be run: its working directory /no/such/directory does not exist")
    }

    @Test("a conversation that has ended rejects every call")
    func over() async throws {
        let conversation = try await runner.withConversation(Command("cat", [], environment: [:])) { $0 }
        let read = await commandError { _ = try await conversation.read() }
        #expect(read?.code == .failed)
        let write = await commandError { try await conversation.write([1]) }
        #expect(write?.code == .failed)
        let finish = await commandError { try await conversation.finish() }
        #expect(finish?.code == .failed)
    }

    @Test("a runner without conversations throws")
    func otherRunner() async throws {
        struct Other: CommandRunner {
            func run(_ command: Command) async throws -> CommandResult { try await runner.run(command) }
            func find(_ name: String) -> String? { nil }
        }
        let other: any CommandRunner = Other()
        let error = await commandError {
            _ = try await other.withConversation(shell("true")) { try await $0.read() }
        }
        #expect(error?.code == .failed)
    }
}
