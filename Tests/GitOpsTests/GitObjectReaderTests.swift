import CapsuleCore
import CapsuleTestSupport
import Processes
import PromotionTestSupport
import Testing

@testable import GitOps

@Suite("The reader of Git objects", .timeLimit(.minutes(2)))
struct GitObjectReaderTests {
    /// A repository, and a `git` on PATH that writes the commands to a file and runs `script` before the real one.
    private struct Recorded {
        let repository: TestRepository
        let directory: String

        static func create(_ directory: String, before script: String = "") async throws -> Recorded {
            let repository = try await TestRepository.create("\(directory)/repository")
            try await writeProgram(
                "\(directory)/bin/git",
                """
                #!/bin/sh
                case " $* " in *" cat-file "*) echo cat-file >> '\(directory)/log' ;; esac
                \(script.replacing("DIR", with: directory))
                exec /usr/bin/git "$@"

                """)
            return Recorded(repository: repository, directory: directory)
        }

        var processes: Int { ((try? readFile("\(directory)/log")) ?? []).count { $0 == 0x0A } }

        /// Runs `body` while a reader serves the repository.
        func with<Result: Sendable>(
            path: String? = nil, startsNow: Bool = false, _ body: (GitDirectory) async throws -> Result
        ) async throws -> Result {
            let git = testGit(SystemCommandRunner(path: "\(directory)/bin:/usr/bin:/bin"))
            let reading = GitDirectory(git: git, path: path ?? repository.path).keepingReader()
            async let _: Void? = reading.reader?.serve(startsNow: startsNow)
            return try await body(reading)
        }

        func write(_ content: [UInt8]) async throws -> String {
            try await repository.git("hash-object", "-w", "--stdin", input: content)
        }
    }

    @Test("a package takes three processes that read objects: for the trees, for the sizes and for the contents")
    func package() async throws {
        try await withTemporaryDirectory { directory in
            let recorded = try await Recorded.create(directory)
            try await recorded.repository.commit([
                "k8s/base/kustomization.yaml": "resources: [a/b/c.yaml]\n", "k8s/base/a/b/c.yaml": "kind: A\n",
            ])
            let git = testGit(SystemCommandRunner(path: "\(directory)/bin:/usr/bin:/bin"))
            let package = try await git.packageSource(
                in: recorded.repository.path, source: RelativePath("k8s"), include: nil, kind: .kustomize)
            #expect(package.files.count == 2)
            #expect(recorded.processes == 3)
        }
    }

    @Test("a process that starts before there is a request answers the first one")
    func early() async throws {
        try await withTemporaryDirectory { directory in
            let recorded = try await Recorded.create(directory)
            let id = try await recorded.write(Array("text".utf8))
            let counts = try await recorded.with(startsNow: true) { reading in
                var counts: [Int] = []
                let started = try await eventually { recorded.processes == 1 }
                #expect(started)
                counts.append(try await reading.objects([id]).count)
                counts.append(recorded.processes)
                // The repository has changed meanwhile.
                reading.reader?.restart(in: reading)
                counts.append(try await reading.objects([id]).count)
                counts.append(recorded.processes)
                return counts
            }
            #expect(counts == [1, 1, 1, 2])
            // One that cannot start, or ends at once, leaves requests their error.
            for path in ["\(directory)/none", directory] {
                try await recorded.with(path: path, startsNow: true) { reading in
                    _ = await #expect(throws: GitError.self) { try await reading.objects([id]) }
                }
            }
        }
    }

    @Test("one process answers many requests side by side, each with its own objects")
    func many() async throws {
        try await withTemporaryDirectory { directory in
            let recorded = try await Recorded.create(directory)
            var blobs: [(id: String, content: [UInt8])] = []
            for number in 0..<40 {
                // Lines, no line end, nothing at all, and more than a pipe takes.
                let content = Array(String(repeating: "\(number)\n", count: number == 7 ? 100_000 : number).utf8)
                blobs.append((try await recorded.write(content), content))
            }
            let expected = blobs
            try await recorded.with { reading in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            let some = Array((expected + expected).dropFirst(number).prefix(25))
                            let found = try await reading.blobs(some.map(\.id), outputLimit: 16 << 20)
                            #expect(found.map(Array.init) == some.map(\.content))
                        }
                    }
                    try await group.waitForAll()
                }
                // More names than a pipe takes.
                let names = Array(repeating: expected[3].id, count: 3_000)
                #expect(try await reading.blobs(names, outputLimit: 1 << 20).count == 3_000)
            }
            #expect(recorded.processes == 1)
        }
    }

    @Test("finds what is written after it has started, and says what is missing")
    func later() async throws {
        try await withTemporaryDirectory { directory in
            let recorded = try await Recorded.create(directory)
            let first = try await recorded.write(Array("first".utf8))
            let absent = String(repeating: "1", count: 40)
            try await recorded.with { reading in
                let found = try await reading.availableBlobs([first, absent, first], outputLimit: 1 << 10)
                #expect(found.map { $0.map(Array.init) } == [Array("first".utf8), nil, Array("first".utf8)])
                let commit = try await recorded.repository.commit(["a/b c.yaml": "x\n"])
                try await recorded.repository.git("repack", "-adq")
                let tree = try await reading.tree(CommitID(commit), below: nil)
                #expect(tree.entries.map(\.path) == ["a/b c.yaml"])
                let objects = try await reading.objects(["\(commit):a/b c.yaml", "\(commit):no such file"])
                #expect(objects.map(\.type) == ["blob", nil])
            }
            #expect(recorded.processes == 1)
        }
    }

    @Test(
        "a size that is not a number, or that no memory holds, is an error",
        arguments: ["9223372036854775807", "9223372036854775806", "9223372036854775808", "-1", "x", "1e3", ""])
    func sizes(text: String) {
        let line = "\(String(repeating: "a", count: 40)) blob \(text)"
        #expect(throws: GitError.self) { try GitBatch.parse(Array("\(line)\ncontent\n\n".utf8)) }
    }

    @Test("an answer that is too large, or a process that dies, fails one request only")
    func failures() async throws {
        let script = "[ -e 'DIR/die' ] && { echo 'fatal: packed object is corrupt' >&2; exit 128; }"
        try await withTemporaryDirectory { directory in
            let recorded = try await Recorded.create(directory, before: script)
            let large = try await recorded.write(Array(repeating: 0x61, count: 1_000))
            let small = try await recorded.write(Array("small".utf8))
            try await recorded.with { reading in
                let tooLarge = await #expect(throws: GitError.self) {
                    try await reading.blobs([small, large], outputLimit: 500)
                }
                #expect(tooLarge?.code == .tooLarge)
                #expect(tooLarge?.message.contains("larger than 500 bytes") == true)
                try writeFile("\(directory)/die", "")
                let died = await #expect(throws: GitError.self) { try await reading.blobs([small], outputLimit: 500) }
                #expect(died?.code == .corrupt)
                #expect(died?.message.contains("packed object is corrupt") == true, "\(died?.message ?? "")")
                try await Tool.output(["rm", "\(directory)/die"])
                #expect(try await reading.blobs([small], outputLimit: 500).map(Array.init) == [Array("small".utf8)])
            }
            #expect(recorded.processes == 3)
        }
    }

    @Test("reads from another process after a restart, and from one of its own after its end")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            let recorded = try await Recorded.create(directory)
            let blob = try await recorded.write(Array("blob".utf8))
            let ended = try await recorded.with { reading in
                _ = try await reading.blobs([blob], outputLimit: 500)
                reading.reader?.restart(in: reading)
                _ = try await reading.blobs([blob], outputLimit: 500)
                _ = try await reading.blobs([blob], outputLimit: 500)
                #expect(recorded.processes == 2)
                return reading
            }
            #expect(try await ended.blobs([blob], outputLimit: 500).map(Array.init) == [Array("blob".utf8)])
            #expect(recorded.processes == 3)
        }
    }

    @Test("ends with the task, and so do the requests that wait for it")
    func cancellation() async throws {
        try await withTemporaryDirectory { directory in
            let recorded = try await Recorded.create(
                directory, before: "case \" $* \" in *\" cat-file \"*) : > 'DIR/started'; exec /bin/sleep 100 ;; esac")
            let blob = try await recorded.write(Array("blob".utf8))
            let task = Task {
                try await recorded.with { reading in
                    async let other = reading.blobs([blob], outputLimit: 500)
                    _ = try await reading.blobs([blob], outputLimit: 500)
                    _ = try await other
                }
            }
            while !listTree(directory).contains("started") { try await Task.sleep(for: .milliseconds(10)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
