#if os(Linux)
    #if canImport(Glibc)
        internal import Glibc
    #else
        internal import Musl
    #endif
#endif

/// The niceness of the threads of this process. Linux has one for each thread; other systems have none.
package enum ThreadNiceness {
    /// Makes the threads that exist now yield the processor to those with a name.
    ///
    /// - Parameters:
    ///   - name: the name of the threads that do not yield, see ``DedicatedThread``.
    ///   - niceness: the niceness of the others, if theirs is not higher.
    package static func yield(to name: String, niceness: Int32) {
        #if os(Linux)
            for thread in threads() where self.name(of: thread) != name {
                // Both calls fail for a thread that has ended in the meantime, which is right.
                if getpriority(process, thread) < niceness { _ = setpriority(process, thread, niceness) }
            }
        #endif
    }

    #if os(Linux)
        #if canImport(Glibc)
            private static let process = __priority_which_t(PRIO_PROCESS.rawValue)
        #else
            private static let process = PRIO_PROCESS
        #endif
        private static let directory = "/proc/self/task"

        private static func threads() -> [id_t] {
            guard let descriptor = try? SystemCall.open(directory, .directory) else { return [] }
            defer { SystemCall.close(descriptor) }
            return ((try? SystemCall.names(in: descriptor)) ?? []).compactMap { id_t($0) }
        }

        private static func name(of thread: id_t) -> String? {
            let bytes = (try? SmallFile.read("\(directory)/\(thread)/comm", limit: 64)) ?? nil
            return bytes.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) }
        }
    #endif
}
