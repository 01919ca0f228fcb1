#if os(Linux)
    import Foundation
    import Glibc
    import Support
    import Synchronization
    import Testing

    /// In a process of its own, because a thread cannot take back its niceness.
    @Suite("Niceness of threads")
    struct ThreadNicenessTests {
        private static let process = __priority_which_t(PRIO_PROCESS.rawValue)

        @Test("all threads but those with a name yield, and none becomes less nice")
        func yielding() async {
            await #expect(processExitsWith: .success) {
                try withExtendedLifetime(try Threads(["probes", "work", "probes", "nicer"])) { threads in
                    setpriority(Self.process, threads.ids[3], 15)
                    ThreadNiceness.yield(to: "probes", niceness: 10)
                    let found = threads.ids.map { getpriority(Self.process, $0) }
                    #expect(found == [0, 10, 0, 15])
                    #expect(getpriority(Self.process, id_t(getpid())) == 10)
                }
            }
        }

        /// Threads that wait, with these names.
        private final class Threads: Sendable {
            let ids: [id_t]

            init(_ names: [String]) throws {
                ids = try names.map { name in
                    let (reader, writer) = (Pipe(), Pipe())
                    try DedicatedThread.start(name) {
                        writer.fileHandleForWriting.write(Data("\(gettid())\n".utf8))
                        _ = reader.fileHandleForReading.availableData
                        withExtendedLifetime(writer) {}
                    }
                    let text = String(decoding: writer.fileHandleForReading.availableData, as: UTF8.self)
                    // The name is given after the start.
                    let thread = id_t(text.dropLast()) ?? 0
                    while (try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)) != name
                        + "\n"
                    {}
                    return thread
                }
            }
        }
    }
#endif
