internal import FoundationEssentials
internal import Synchronization

/// A directory of temporary files that only this user can access.
///
/// The directory is locked while its process runs. The first one that another process makes in the same place removes the
/// directories of processes that were killed.
package struct ScratchDirectory: Sendable {
    /// The path.
    package let path: String
    private let descriptor: Int32

    private static let prefix = "capsule-scratch-"
    /// The places in which this process has removed what others left.
    private static let swept = Mutex<Set<String>>([])

    /// Creates and locks an empty directory.
    ///
    /// - Parameter parent: a directory of temporary files. It must exist: a wrong name of one is better known than made.
    /// - Throws: `SystemError`
    package static func make(in parent: String) throws(SystemError) -> ScratchDirectory {
        if swept.withLock({ $0.insert(parent).inserted }) { startRemovingStale(in: parent) }
        // Another process may remove a directory that is not locked yet, because it appears stale; a later attempt succeeds.
        for _ in 0..<8 {
            let path = try SystemCall.makePrivateDirectory(in: parent, prefix: prefix)
            let descriptor: Int32
            do throws(SystemError) {
                descriptor = try SystemCall.open(path, [.directory, .noFollow])
            } catch  where error == .notFound {
                continue
            } catch {
                try? FileManager.default.removeItem(atPath: path)
                throw error
            }
            // On a file system without locks, no process removes the directories of others.
            let isLocked = (try? SystemCall.tryLock(descriptor)) ?? true
            if isLocked, (try? SystemCall.refers(path, at: SystemCall.workingDirectory, to: descriptor)) == true {
                return ScratchDirectory(path: path, descriptor: descriptor)
            }
            SystemCall.close(descriptor)
        }
        throw SystemError.busy
    }

    /// Removes the directory and its content.
    package func end() {
        try? FileManager.default.removeItem(atPath: path)
        SystemCall.close(descriptor)
    }

    /// Removes the directories of killed processes, on a thread of its own where there is one: a place of temporary files can
    /// have thousands of names, and nothing depends on the result.
    private static func startRemovingStale(in parent: String) {
        do throws(SystemError) {
            try DedicatedThread.start("scratch-sweep") { removeStale(in: parent) }
        } catch {
            removeStale(in: parent)
        }
    }

    /// Removes the directories of killed processes.
    package static func removeStale(in parent: String) {
        guard let place = try? SystemCall.open(parent, .directory) else { return }
        defer { SystemCall.close(place) }
        StaleDirectory.removeAll(in: place, prefix: prefix)
    }
}
