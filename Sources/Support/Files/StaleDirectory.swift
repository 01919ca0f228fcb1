/// The directories that killed processes left. A process locks each of its directories for as long as it runs.
enum StaleDirectory {
    /// Removes the directories in `parent` that no process has locked. Those of other users are left unchanged, and so are all
    /// on a file system without locks.
    ///
    /// - Parameters:
    ///   - prefix: the start of the names of directories that processes lock.
    ///   - isWanted: true for these names.
    static func removeAll(in parent: Int32, prefix: String, where isWanted: (String) -> Bool = { _ in true }) {
        for name in (try? SystemCall.names(in: parent, prefix: prefix)) ?? [] where isWanted(name) {
            guard let stale = try? SystemCall.open(name, at: parent, [.directory, .noFollow]) else { continue }
            defer { SystemCall.close(stale) }
            // Between the two calls, its process may have given it its final name.
            guard let status = try? SystemCall.status(stale), status.owner == SystemCall.user,
                (try? SystemCall.tryLock(stale)) == true, (try? SystemCall.refers(name, at: parent, to: stale)) == true
            else { continue }
            SystemCall.removeTree(name, at: parent)
        }
    }
}
