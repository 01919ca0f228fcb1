internal import Support
internal import Synchronization

/// The resources that the program needs before its first task. Without threads, tasks would wait for ever; without open files,
/// the runtime would end the program.
enum StartConditions {
    /// The threads that run at the same time for the shortest command: for tasks, and for the programs that it starts.
    private static let threads = 4
    /// The minimum limit of open files: the three standard streams, and the descriptors that the runtime waits with.
    private static let files = 8

    /// The reason why the program cannot run; nil when it can.
    static var problem: String? {
        if let limit = OpenFiles.limit, limit < files {
            return "the limit of open files is \(limit); raise it to at least \(files), or to 256 for all commands "
                + "(`ulimit -n`)"
        }
        let barrier = Mutex(())
        do throws(SystemError) {
            // Until the lock is released, all of them exist.
            return try barrier.withLock { _ throws(SystemError) -> String? in
                for _ in 0..<threads { try DedicatedThread.start("probe") { barrier.withLock { _ in } } }
                return nil
            }
        } catch {
            return "no thread can be started: \(error.text); allow this user more processes and threads (`ulimit -u`)"
        }
    }
}
