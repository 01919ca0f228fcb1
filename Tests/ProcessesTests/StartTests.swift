import Processes
import Testing

@Suite("Starting programs")
struct StartTests {
    struct Refusal: CustomTestStringConvertible {
        let testDescription: String
        let command: Command
        let code: CommandError.Code
        let says: String
    }

    @Test(
        "what cannot be handed to a program as it is, is refused",
        arguments: [
            Refusal(
                testDescription: "NUL in the name", command: Command("sh\0x", [], environment: [:]), code: .failed,
                says: "its name contains a NUL byte"),
            Refusal(
                testDescription: "NUL in an argument",
                command: Command("sh", ["-c", "true\0false"], environment: [:]), code: .failed,
                says: "sh could not be run: its argument 2 contains a NUL byte"),
            Refusal(
                testDescription: "NUL in the directory",
                command: Command("sh", [], environment: [:], workingDirectory: "/\0x"), code: .failed,
                says: "the name of its working directory contains a NUL byte"),
            Refusal(
                testDescription: "NUL in a value", command: Command("sh", [], environment: ["A": "b\0c"]),
                code: .failed, says: "the value of its variable A contains a NUL byte"),
            Refusal(
                testDescription: "NUL in a variable's name", command: Command("sh", [], environment: ["A\0B": "c"]),
                code: .failed, says: "the name of its variable A\u{2400}B contains a NUL byte"),
            Refusal(
                testDescription: "equals sign in a variable's name",
                command: Command("sh", [], environment: ["A=B": "c"]), code: .failed,
                says: "the name of its variable A=B contains a NUL byte or an equals sign"),
            Refusal(
                testDescription: "a variable without a name", command: Command("sh", [], environment: ["": "c"]),
                code: .failed, says: "has no name"),
            Refusal(
                testDescription: "no memory", command: shell("true", addressSpaceLimit: 0), code: .failed,
                says: "a memory limit of 0 bytes"),
            Refusal(
                testDescription: "negative memory", command: shell("true", dataLimit: -1), code: .failed,
                says: "a memory limit of -1 bytes"),
        ])
    func refused(refusal: Refusal) async throws {
        let error = await #expect(throws: CommandError.self) { try await runner.run(refusal.command) }
        #expect(error?.code == refusal.code)
        #expect(error?.description.contains(refusal.says) == true, "\(error?.description ?? "")")
    }

    @Test("a program is not found by the part of a name before a NUL, nor by a path that is not absolute")
    func find() {
        #expect(runner.find("sh\0x") == nil)
        #expect(runner.find("/bin/sh\0x") == nil)
        #expect(runner.find("") == nil)
        #expect(runner.find("./sh") == nil)
        #expect(runner.find("/bin/sh") == "/bin/sh")
        #expect(SystemCommandRunner(path: "relative:/bin").find("sh") == "/bin/sh")
    }

    @Test("a missing program, a missing directory and a missing interpreter are told apart")
    func missing() async throws {
        try await withDirectory { directory in
            func message(_ command: Command) async -> (CommandError.Code?, String) {
                let error = await #expect(throws: CommandError.self) { try await runner.run(command) }
                return (error?.code, error?.description ?? "")
            }
            #expect(
                await message(Command("no-such-program", [], environment: [:]))
                    == (.notFound, "there is no program no-such-program on PATH; install it"))
            #expect(
                await message(Command("/no/such/program", [], environment: [:]))
                    == (.notFound, "there is no program /no/such/program on PATH; install it"))
            var command = shell("true")
            command.workingDirectory = "/no/such/directory"
            #expect(
                await message(command)
                    == (.failed, "sh could not be run: its working directory /no/such/directory is not there"))
            command.workingDirectory = "/bin/sh"
            #expect(
                await message(command)
                    == (
                        .failed, "sh could not be run: its working directory /bin/sh cannot be entered: Not a directory"
                    ))
            _ = try await runner.run(
                shell(
                    """
                    cd "$1"
                    printf '#! /no/such/interpreter -x\\necho\\n' > script
                    head -c 4096 /bin/true | sed 's|/lib64/ld-linux-x86-64.so.2|/lib64/no-such-loader.so.99|' > elf
                    printf 'neither' > text
                    chmod 755 script elf text
                    """, [directory]))
            #expect(
                await message(Command("\(directory)/script", [], environment: [:]))
                    == (
                        .failed,
                        "\(directory)/script could not be run: its interpreter /no/such/interpreter is not there; install it"
                    ))
            #expect(
                await message(Command("\(directory)/text", [], environment: [:]))
                    == (.failed, "\(directory)/text could not be run: Exec format error"))
            #expect(
                await message(shell(String(repeating: " ", count: 4 << 20)))
                    == (.failed, "sh could not be run: Argument list too long"))
        }
    }

    @Test("after many programs that could not be started, others can")
    func manyFailures() async throws {
        var command = shell("true")
        command.workingDirectory = "/no/such/directory"
        for _ in 0..<200 {
            let error = await commandError { _ = try await runner.run(command) }
            #expect(error?.code == .failed)
        }
        #expect(try await runner.run(shell("echo on")).text == "on")
    }

    @Test("a program has the arguments, the environment and the directory that it was given")
    func given() async throws {
        let arguments = ["", " ", "a b", "ü\n", "$HOME", String(repeating: "x", count: 100_000)]
        let result = try await runner.run(shell("for a; do printf '%s\\0' \"$a\"; done", arguments))
        #expect(result.output == arguments.flatMap { Array($0.utf8) + [0] })
        let environment = ["A": "1 = 2", "Ü": "ü", "EMPTY": ""]
        let printed = try await runner.run(Command("env", ["-0"], environment: environment))
        #expect(Set(printed.text.split(separator: "\0")) == ["A=1 = 2", "Ü=ü", "EMPTY="])
        try await withDirectory { directory in
            let command = Command("pwd", ["-P"], environment: [:], workingDirectory: directory)
            let printed = try await runner.run(command)
            #expect(printed.text.hasSuffix(directory.split(separator: "/").last ?? "-"))
        }
    }
}
