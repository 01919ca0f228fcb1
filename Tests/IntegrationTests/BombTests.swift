import CapsuleTestSupport
import Processes
import Testing

/// Documents that are made to exhaust their reader, given to the whole program: `trust.md` R5.
@Suite("Documents that are bombs", .timeLimit(.minutes(2)), .enabled(if: Tool.exists("python3")))
struct BombTests {
    static let bombs: [(name: String, python: String, says: String)] = [
        (
            "aliases",
            #"'a0: &a0 [x]\n' + ''.join(f'a{i}: &a{i} [{", ".join([f"*a{i-1}"] * 9)}]\n' for i in range(1, 30))"#,
            "anchor"
        ),
        ("100,000 levels", "'a: ' + '[' * 100000", "limit"),
        ("levels within the size", "'a: ' + '[' * 60000", "deeper"),
        ("a scalar of 100 MB", "'a: ' + 'x' * 100_000_000", "limit"),
        ("a key twice", #"'schemaVersion: a\nschemaVersion: b\n'"#, "twice"),
        ("a custom tag", #"'schemaVersion: !!python/object/apply:os.system [x]\n'"#, "tag"),
        ("two documents", #"'a: b\n---\nc: d\n'"#, "document"),
    ]

    // Runs the program as the only child, so that the children's largest resident size is the program's.
    private static let measure = """
        import resource, subprocess, sys, time
        start = time.monotonic()
        done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        took = time.monotonic() - start
        print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, took)
        sys.stderr.buffer.write(done.stderr)
        """

    @Test("are refused with one message, in little time and memory", arguments: bombs.indices)
    func refused(_ index: Int) async throws {
        let bomb = Self.bombs[index]
        try await withTemporaryDirectory { directory in
            // A process of its own writes it: one that is large itself would be measured.
            try await Tool.output(
                ["python3", "-c", "import sys; open('capsule.yaml', 'w').write(eval(sys.argv[1]))", bomb.python],
                in: directory)
            let result = try await Tool.run(
                ["python3", "-c", Self.measure, CapsuleProgram.path, "list", "--config", "capsule.yaml"], in: directory)
            let numbers = result.text.split(separator: " ")
            try #require(numbers.count == 3, "\(result.errorOutput)")
            let status = try #require(Int(numbers[0]))
            #expect(status == 64 || status == 65, "\(result.errorOutput)")
            #expect(result.errorOutput.contains(bomb.says), "\(bomb.name): \(result.errorOutput)")
            // 64 MiB is the promise; a start without any document takes most of what is measured here in a debug build.
            #expect(try #require(Int(numbers[1])) < 64, "\(bomb.name): \(numbers[1]) MiB")
            // One second is the promise, on a machine that does nothing else.
            #expect(try #require(Double(numbers[2])) < 5, "\(bomb.name)")
        }
    }
}
