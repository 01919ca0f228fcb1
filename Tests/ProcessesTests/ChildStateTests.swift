import Processes
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A program inherits nothing but what it is given.
@Suite("State that programs start in")
struct ChildStateTests {
    @Test("a program has no descriptors but 0 to 2", arguments: [false, true])
    func descriptors(hasInput: Bool) async throws {
        // Open without close-on-exec, as a library may do.
        let open = (0..<20).map { _ in dup(2) }
        defer { for descriptor in open { close(descriptor) } }
        let command = Command("ls", ["-1", "/proc/self/fd"], environment: [:], input: hasInput ? [1] : [])
        let result = try await runner.run(command)
        // The last one is the directory itself.
        #expect(result.text == "0\n1\n2\n3")
    }

    @Test("a program blocks, ignores and catches no signals")
    func signals() async throws {
        let result = try await runner.run(Command("cat", ["/proc/self/status"], environment: [:]))
        let lines = result.text.split(separator: "\n")
        for field in ["SigBlk", "SigIgn", "SigCgt", "SigPnd"] {
            #expect(lines.contains("\(field):\t0000000000000000"))
        }
    }

    @Test("a program leads its own session and group, without a terminal, and prompts fail at once")
    func session() async throws {
        let result = try await runner.run(shell("cut -d ' ' -f 1,5-7 /proc/$$/stat"))
        let numbers = result.text.split(separator: " ")
        try #require(numbers.count == 4)
        #expect(numbers[1] == numbers[0] && numbers[2] == numbers[0] && numbers[3] == "0")
        let asked = try await runner.run(shell("read answer < /dev/tty && echo \"$answer\""))
        #expect(!asked.succeeded && asked.output.isEmpty)
    }

    @Test("memory limits apply from the first instruction")
    func memoryLimits() async throws {
        for _ in 0..<50 {
            let limits = try await runner.run(
                shell("ulimit -v; ulimit -Hv; ulimit -d; ulimit -Hd", addressSpaceLimit: 1 << 30, dataLimit: 1 << 28))
            #expect(limits.text == "1048576\n1048576\n262144\n262144")
        }
        let own = try await runner.run(Command("sh", ["-c", "ulimit -v; ulimit -d"], environment: [:]))
        let unlimited = try await runner.run(shell("ulimit -v; ulimit -d"))
        #expect(unlimited.text == own.text)
        let large = "dd if=/dev/zero of=/dev/null bs=128M count=1"
        #expect(try await runner.run(shell(large)).succeeded)
        #expect(try await !runner.run(shell(large, addressSpaceLimit: 64 << 20)).succeeded)
        #expect(try await !runner.run(shell(large, dataLimit: 64 << 20)).succeeded)
    }

    @Test("a limit above an existing one is lowered to it")
    func tighterLimit() async throws {
        await #expect(processExitsWith: .success) {
            // 64 TiB: AddressSanitizer alone maps 20.
            var limit = rlimit(rlim_cur: 1 << 46, rlim_max: 1 << 46)
            #expect(setrlimit(__rlimit_resource_t(9), &limit) == 0)
            let result = try await SystemCommandRunner().run(shell("ulimit -v", addressSpaceLimit: 1 << 50))
            #expect(result.text == "\(1 << 36)")
        }
    }

    @Test("programs can be run by a process without standard input and output, in which SIGCHLD is ignored")
    func bareParent() async throws {
        await #expect(processExitsWith: .success) {
            signal(SIGCHLD, SIG_IGN)
            for _ in 0..<3 {
                // Free for the next pipe, whose ends must not lie where the program's own are to be.
                close(0)
                close(1)
                let result = try await SystemCommandRunner().run(
                    shell("cat; echo oops >&2; exit 3", input: Array("in".utf8)))
                #expect(result.status == 3)
                #expect(result.text == "in")
                #expect(result.errorOutput == "oops\n")
            }
        }
    }
}
