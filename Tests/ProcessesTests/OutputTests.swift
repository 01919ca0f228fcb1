import Processes
import Testing

@Suite("Output of programs")
struct OutputTests {
    @Test("output up to the limit is read, and one byte more ends the program", arguments: [0, 1, 65_536, 1_000_000])
    func limit(bytes: Int) async throws {
        let script = "head -c \"$1\" /dev/zero"
        let whole = try await runner.run(shell(script, ["\(bytes)"], outputLimit: bytes))
        #expect(whole.output.count == bytes)
        let error = await #expect(throws: CommandError.self) {
            try await runner.run(shell(script, ["\(bytes + 1)"], outputLimit: bytes))
        }
        #expect(error?.code == .outputLimit)
        #expect(error?.description == "sh printed more than \(bytes) bytes and was stopped")
    }

    @Test("output in many small pieces is read whole, also what comes when the program ends", arguments: [1, 700])
    func pieces(last: Int) async throws {
        let script = "dd if=/dev/zero bs=100 count=20000 status=none && head -c \"$1\" /dev/zero | tr '\\000' x"
        let result = try await runner.run(shell(script, ["\(last)"], outputLimit: 3_000_000))
        #expect(result.output.count == 2_000_000 + last)
        #expect(result.output.suffix(last).allSatisfy { $0 == UInt8(ascii: "x") })
    }

    @Test(
        "error output up to the limit is kept whole, and of more the beginning and the end",
        arguments: [0, 1, 65_536, 262_144, 262_145, 2_000_000])
    func errorOutput(bytes: Int) async throws {
        // Numbered lines of 8 bytes, so that it shows which were kept.
        let result = try await runner.run(
            shell("seq -f %07g 1 300000 | head -c \"$1\" >&2; echo out; exit 4", ["\(bytes)"]))
        #expect(result.status == 4)
        #expect(result.text == "out")
        #expect(result.errorOutputIsCut == (bytes > Command.errorOutputLimit))
        let lines = (1...(bytes / 8 + 1)).map { String("000000\($0)".suffix(7)) + "\n" }
        let all = String(lines.joined().prefix(bytes))
        if bytes <= Command.errorOutputLimit {
            #expect(result.errorOutput == all)
        } else {
            #expect(result.errorOutput.hasPrefix(String(all.prefix(64 << 10))))
            #expect(result.errorOutput.hasSuffix(String(all.suffix(192 << 10))))
            let missing = bytes - Command.errorOutputLimit
            #expect(result.errorOutput.contains("\n… \(missing) bytes left out …\n"))
            #expect(result.errorOutput.unicodeScalars.count < Command.errorOutputLimit + 64)
        }
    }

    @Test("much input, output and error output pass at the same time")
    func everythingAtOnce() async throws {
        let input: [UInt8] = Array(repeating: Array(0...250), count: 4_000).flatMap { $0 }
        let result = try await runner.run(shell("tee /dev/stderr", input: input, outputLimit: input.count))
        #expect(result.output == input)
        #expect(result.errorOutputIsCut)
    }

    @Test("without input, standard input is empty")
    func noInput() async throws {
        #expect(try await runner.run(shell("wc -c")).text == "0")
    }

    @Test("a program killed by a signal has the status that shells give it")
    func signal() async throws {
        #expect(try await runner.run(shell("kill -9 $$")).status == 137)
        #expect(try await runner.run(shell("kill -15 $$")).status == 143)
    }

    @Test("a process that runs on without the pipes is not awaited")
    func background() async throws {
        try await withDirectory { directory in
            let result = try await runner.run(
                shell("sleep 50 >/dev/null 2>&1 & echo $! > \"$1/sleep\"; echo done", [directory]))
            #expect(result.text == "done")
            let sleep = try await process(in: "\(directory)/sleep")
            #expect(isRunning(sleep))
            _ = try await runner.run(shell("kill -9 $1", ["\(sleep)"]))
        }
    }
}
