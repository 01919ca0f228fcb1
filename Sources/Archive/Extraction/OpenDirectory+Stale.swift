#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Locks, names and removal, for the partial directories that killed processes left.
extension OpenDirectory {
    /// The result of `lock()`.
    enum Lock {
        /// This process holds the lock until the descriptor is closed or the process ends, for whatever reason.
        case held
        /// Another process holds the lock.
        case busy
        /// The file system has no locks.
        case unsupported
    }

    /// Tries to take the directory's lock, without waiting.
    func lock() -> Lock {
        if retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 { return .held }
        return errno == EWOULDBLOCK ? .busy : .unsupported
    }

    /// True when the directory belongs to the user of this process.
    var isOwn: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_uid == geteuid()
    }

    /// True when `name` in this directory still refers to `directory`.
    func holds(_ directory: OpenDirectory, as name: String) -> Bool {
        var named = stat()
        var open = stat()
        guard fstatat(descriptor, name, &named, AT_SYMLINK_NOFOLLOW) == 0, fstat(directory.descriptor, &open) == 0
        else { return false }
        return named.st_dev == open.st_dev && named.st_ino == open.st_ino
    }

    /// The names in the directory without `.` and `..`; empty when it cannot be read.
    func names() -> [String] {
        // A separate descriptor: reading moves its position, and closing the stream closes it.
        let copy = retrying { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard copy >= 0 else { return [] }
        guard let stream = fdopendir(copy) else {
            _ = systemClose(copy)
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes all that can be removed below this directory. Links are removed and not followed.
    func removeContents() {
        for name in names() {
            if unlinkat(descriptor, name, 0) == 0 { continue }
            guard let inner = try? directory(name) else { continue }
            inner.removeContents()
            inner.close()
            remove(name, isDirectory: true)
        }
    }
}
