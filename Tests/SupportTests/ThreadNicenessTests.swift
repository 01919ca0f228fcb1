#if os(Linux)
    import Foundation
    import Glibc
    import Support
    import Synchronization
    import Testing

    @Suite("Niceness of threads")
    struct ThreadNicenessTests {
        private static let process = __priority_which_t(PRIO_PROCESS.rawValue)

        /// The ids of the threads that have started. They wait until the process ends.
        private static let started = Mutex<[id_t]>([])

        // In a process of its own, because a thread cannot take back its niceness.
        @Test("all threads but those with a name yield, and none becomes less nice")
        func yielding() async {
            await #expect(processExitsWith: .success) {
                for name in ["probes", "work", "probes", "nicer"] { try Self.start(name) }
                let threads = Self.started.withLock { $0 }
                #expect(setpriority(Self.process, threads[3], 15) == 0)
                ThreadNiceness.yield(to: "probes", niceness: 10)
                let found = threads.map { getpriority(Self.process, $0) }
                #expect(found == [0, 10, 0, 15])
                let main = getpriority(Self.process, id_t(getpid()))
                #expect(main == 10)
            }
        }

        private static func start(_ name: String) throws {
            let count = started.withLock { $0.count }
            try DedicatedThread.start(name) {
                // PROCESS/task/THREAD
                let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
                started.withLock { $0.append(id_t(link?.split(separator: "/").last ?? "") ?? 0) }
                while true { pause() }
            }
            var thread: id_t?
            while thread == nil {
                sched_yield()
                thread = started.withLock { $0.count > count ? $0[count] : nil }
            }
            // The thread has its name soon after its start.
            let file = "/proc/self/task/\(thread ?? 0)/comm"
            while try String(contentsOfFile: file, encoding: .utf8) != name + "\n" { sched_yield() }
        }
    }
#endif
