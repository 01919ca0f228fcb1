import CapsuleTestSupport
import OCI
import Synchronization
import Testing

@Suite("Several writers of one layout", .timeLimit(.minutes(1)))
struct LayoutWritersTests {
    @Test("lose no tag")
    func race() async throws {
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/layout"
            let shared = try SampleArtifact("shared")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<20 {
                    group.addTask {
                        // Each makes or opens the layout for itself, and each writes content that others write too.
                        let layout = try ImageLayout(path: path, create: true)
                        let memory = MemoryStore()
                        try shared.add(to: memory)
                        let own = try SampleArtifact("\(writer)", about: shared.descriptor)
                        try own.add(to: memory)
                        try await copy(shared.descriptor, from: memory, to: layout, tag: try Tag("shared"))
                        try await copy(own.descriptor, from: memory, to: layout, tag: try Tag("own-\(writer)"))
                    }
                }
                try await group.waitForAll()
            }
            let layout = try ImageLayout(path: path)
            #expect(try await layout.tags().count == 21)
            #expect(try await layout.referrers(of: shared.descriptor.digest).count == 20)
            for tag in try await layout.tags() {
                #expect(try await layout.readAll(#require(try await layout.resolve(tag))) == 4)
            }
            #expect(!listTree(path).contains { $0.contains(".partial-") })
        }
    }

    @Test("give a tag to one manifest only, when they race for it")
    func raceForOneTag() async throws {
        try await ImageLayoutTests.withLayout { layout in
            let tag = try Tag("v1")
            let winners = try await withThrowingTaskGroup(of: Digest?.self) { group in
                for writer in 0..<10 {
                    group.addTask {
                        let artifact = try await ImageLayoutTests.put("\(writer)", tag: nil, into: layout)
                        do {
                            try await layout.tagOnce(artifact.descriptor, as: tag)
                            return artifact.descriptor.digest
                        } catch let error as OCIError where error.code == .tagExists {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
            }
            #expect(winners.count == 1)
            #expect(try await layout.resolve(tag)?.digest == winners.first)
        }
    }

    /// Holds the lock on index.json and a partial file, as a writer in another process, until it is killed.
    static let otherWriter = """
        import fcntl, os, sys, time
        lock = open(sys.argv[1] + "/oci-layout", "r+"); fcntl.flock(lock, fcntl.LOCK_EX)
        partial = open(sys.argv[1] + "/.partial-alive", "w"); fcntl.flock(partial, fcntl.LOCK_EX)
        open(sys.argv[1] + "-ready", "w").close()
        if sys.argv[2] == "index": time.sleep(0.3); fcntl.flock(lock, fcntl.LOCK_UN); time.sleep(3600)
        time.sleep(0.3); os.kill(os.getpid(), 9)
        """

    @Test("wait for a writer in another process", .needs("python3"), arguments: ["index", "killed"])
    func otherProcess(end: String) async throws {
        try await ImageLayoutTests.withLayout { layout in
            let artifact = try await ImageLayoutTests.put("a", into: layout)
            try writeFile("\(layout.path)/.partial-dead", "left by a process that was killed")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = try? await Tool.run(["python3", "-c", Self.otherWriter, layout.path, end])
                }
                let parent = layout.path.dropLast("/layout".count)
                while !listTree(String(parent)).contains("layout-ready") { try await Task.sleep(for: .milliseconds(5)) }
                let clock = ContinuousClock()
                let start = clock.now
                try await layout.tag(artifact.descriptor, as: Tag("v2"))
                #expect(clock.now - start > .milliseconds(100))
                #expect(try await layout.tags().count == 2)
                let names = listTree(layout.path)
                #expect(!names.contains(".partial-dead"))
                // A partial file is removed when its writer is gone, and only then.
                #expect(names.contains(".partial-alive") == (end == "index"))
                group.cancelAll()
                try? await group.waitForAll()
            }
        }
    }
}
