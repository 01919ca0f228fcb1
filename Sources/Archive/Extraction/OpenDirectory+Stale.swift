#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What it takes to find and clear away what a killed process left.
extension OpenDirectory {
    /// What came of asking for a lock.
    enum Lock {
        /// It is ours until the descriptor is closed or the process ends, however it ends.
        case held
        /// Another process has it.
        case busy
        /// This file system has none.
        case unsupported
    }

    /// Asks for the directory's lock without waiting.
    func lock() -> Lock {
        if retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 { return .held }
        return errno == EWOULDBLOCK ? .busy : .unsupported
    }

    /// Whether the directory belongs to the user who runs this.
    var isOwn: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_uid == geteuid()
    }

    /// Whether `name` is still the name of `directory` here.
    func holds(_ directory: OpenDirectory, as name: String) -> Bool {
        var named = stat()
        var open = stat()
        guard fstatat(descriptor, name, &named, AT_SYMLINK_NOFOLLOW) == 0, fstat(directory.descriptor, &open) == 0
        else { return false }
        return named.st_dev == open.st_dev && named.st_ino == open.st_ino
    }

    /// The names in the directory, `.` and `..` left out; none when it cannot be read.
    func names() -> [String] {
        // A descriptor of its own: reading moves a position, and closing the stream closes it.
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

    /// Removes everything below, as far as it can. Links are removed and not followed. As deep as paths of a layer are.
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
