/// A directory that is filled under a partial name, `.<name>.partial-<random>`, in the directory of the final path.
/// The final path is that of this directory or of a file in it.
///
/// The directory is locked while its process runs. The next process that writes to the same path removes the
/// directories of killed processes.
package struct PartialDirectory: Sendable {
    /// The open directory that contains this one and the final path.
    package let parent: Int32
    /// The open directory.
    package let root: Int32
    /// The path with the partial name.
    package let path: String
    private let name: String
    private let partial: String

    /// Creates and locks an empty directory.
    ///
    /// - Parameters:
    ///   - mode: the permissions, from which the umask is subtracted.
    ///   - replacing: true when something may exist at the final path.
    /// - Throws: `SystemError`, `SystemError.exists` when something exists at the final path.
    package static func make(
        for staged: StagedPath, mode: UInt32 = 0o700, replacing: Bool = false
    ) throws(SystemError) -> PartialDirectory {
        let parent = try SystemCall.open(staged.parent, .directory)
        do throws(SystemError) {
            if !replacing, try SystemCall.exists(staged.name, at: parent) { throw SystemError.exists }
            removeStale(in: parent, for: staged)
            // Another process may remove a directory that is not locked yet, because it appears stale; a later attempt
            // succeeds.
            for _ in 0..<8 {
                if let directory = try claim(in: parent, for: staged, mode) { return directory }
            }
            throw SystemError.busy
        } catch {
            SystemCall.close(parent)
            throw error
        }
    }

    /// Renames the directory to its final name without replacing anything; returns false when the name exists.
    ///
    /// - Parameter durable: true to flush the content to the disk before, and the name after the rename.
    package func commit(durable: Bool) throws(SystemError) -> Bool {
        if durable { try SystemCall.synchronizeTree(root) }
        guard try SystemCall.renameWithoutReplacing(partial, to: name, at: parent) else { return false }
        // The directory already has its name: an error here only means that the name may not survive a crash.
        if durable { try? SystemCall.synchronize(parent) }
        return true
    }

    /// Removes the directory and its content if it still has its partial name, and closes it.
    package func end() {
        if (try? SystemCall.refers(partial, at: parent, to: root)) == true {
            SystemCall.removeTree(partial, at: parent)
        }
        SystemCall.close(root)
        SystemCall.close(parent)
    }

    /// Creates and locks a directory; nil when another process locked or removed it first.
    private static func claim(
        in parent: Int32, for staged: StagedPath, _ mode: UInt32
    ) throws(SystemError) -> PartialDirectory? {
        let partial = staged.makePartialName()
        try SystemCall.makeNewDirectory(partial, at: parent, mode: mode)
        let root: Int32
        do throws(SystemError) {
            root = try SystemCall.open(partial, at: parent, [.directory, .noFollow])
        } catch {
            SystemCall.removeTree(partial, at: parent)
            throw error
        }
        // On a file system without locks, no process removes the directories of other processes.
        let isLocked = (try? SystemCall.tryLock(root)) ?? true
        guard isLocked, (try? SystemCall.refers(partial, at: parent, to: root)) == true else {
            SystemCall.close(root)
            return nil
        }
        return PartialDirectory(
            parent: parent, root: root, path: "\(staged.parent)/\(partial)", name: staged.name, partial: partial)
    }

    private static func removeStale(in parent: Int32, for staged: StagedPath) {
        StaleDirectory.removeAll(in: parent, prefix: ".") { staged.isPartial($0) }
    }
}
