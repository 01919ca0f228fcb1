#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// System calls on files and directories, repeated when a signal interrupts them.
///
/// Reads and writes block, so callers limit them to a few hundred kilobytes; longer calls must go through
/// ``awaitBlocking(_:)``.
package enum SystemCall {
    /// In place of an open directory: paths are relative to the working directory.
    package static let workingDirectory: Int32 = AT_FDCWD

    /// The user whose permissions this process has.
    package static var user: UInt32 { geteuid() }

    package static func open(
        _ path: String, at directory: Int32 = workingDirectory, _ flags: OpenFlags, mode: UInt32 = 0
    ) throws(SystemError) -> Int32 {
        try retrying { unsafe openat(directory, path, flags.rawValue | O_CLOEXEC, mode_t(mode)) }
    }

    /// Creates a directory, unless a directory or a file of this name exists.
    package static func makeDirectory(_ path: String, at directory: Int32 = workingDirectory) throws(SystemError) {
        do throws(SystemError) {
            try makeNewDirectory(path, at: directory)
        } catch  where error == .exists {}
    }

    /// Creates a directory, which must not exist.
    package static func makeNewDirectory(
        _ path: String, at directory: Int32 = workingDirectory, mode: UInt32 = 0o777
    ) throws(SystemError) {
        _ = try retrying { unsafe mkdirat(directory, path, mode_t(mode)) }
    }

    /// Creates a directory that only this user can access, with a name that starts with `prefix`, and returns its path.
    ///
    /// - Parameter parent: a directory of temporary files. It must exist: a wrong name of one is better known than made.
    package static func makePrivateDirectory(in parent: String, prefix: String) throws(SystemError) -> String {
        var path = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
        guard unsafe mkdtemp(&path) != nil else { throw SystemError(number: errno) }
        return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// True when the name exists, including as a dangling link.
    package static func exists(_ path: String, at directory: Int32 = workingDirectory) throws(SystemError) -> Bool {
        var status = stat()
        do throws(SystemError) {
            _ = try retrying { unsafe fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) }
            return true
        } catch  where error == .notFound {
            return false
        }
    }

    /// True when the name refers to the open file or directory.
    package static func refers(_ name: String, at directory: Int32, to descriptor: Int32) throws(SystemError) -> Bool {
        var named = stat()
        let open = try status(descriptor)
        guard unsafe fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        let found = FileStatus(named)
        return found.device == open.device && found.inode == open.inode
    }

    package static func status(_ descriptor: Int32) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try retrying { unsafe fstat(descriptor, &status) }
        return FileStatus(status)
    }

    /// The status of a name; a symbolic link in its last part is followed only with `followingLinks`.
    package static func status(of path: String, followingLinks: Bool = false) throws(SystemError) -> FileStatus {
        var status = stat()
        _ = try retrying {
            unsafe fstatat(AT_FDCWD, path, &status, followingLinks ? 0 : AT_SYMLINK_NOFOLLOW)
        }
        return FileStatus(status)
    }

    /// Sets the times of a file to now, as far as possible.
    package static func touch(_ path: String) { _ = unsafe utimensat(AT_FDCWD, path, nil, 0) }

    /// The next bytes at `offset`, at most `count`; empty at the end of the file.
    package static func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        var number: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while used < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[used...])
                let got = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(used))
                if got > 0 {
                    used += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    number = errno
                    return
                }
            }
        }
        guard number == 0 else { throw SystemError(number: number) }
        return bytes
    }

    /// The next bytes, at most `count`; empty at the end. For files without offsets, such as a pipe.
    package static func read(_ descriptor: Int32, count: Int) throws(SystemError) -> [UInt8] {
        var number: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while true {
                let got = unsafe systemRead(descriptor, buffer.baseAddress, count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { number = errno }
                used = max(0, got)
                return
            }
        }
        guard number == 0 else { throw SystemError(number: number) }
        return bytes
    }

    /// Writes all bytes.
    package static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try retrying {
                unsafe bytes.withUnsafeBytes { buffer in
                    let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
                    return unsafe systemWrite(descriptor, rest.baseAddress, rest.count)
                }
            }
        }
    }

    package static func synchronize(_ descriptor: Int32) throws(SystemError) { _ = try retrying { fsync(descriptor) } }

    package static func rename(
        _ name: String, at from: Int32 = workingDirectory, to newName: String, at to: Int32 = workingDirectory
    ) throws(SystemError) {
        _ = try retrying { unsafe renameat(from, name, to, newName) }
    }

    /// Adds a further name to a file, unless that name exists.
    package static func link(
        _ name: String, to newName: String, at directory: Int32 = workingDirectory
    ) throws(SystemError) {
        _ = try retrying { unsafe linkat(directory, name, directory, newName, 0) }
    }

    package static func remove(_ name: String, at directory: Int32 = workingDirectory) {
        _ = unsafe unlinkat(directory, name, 0)
    }

    /// Removes a directory and everything below it, as far as possible. Links are removed and not followed.
    package static func removeTree(_ name: String, at directory: Int32) {
        if let inner = try? open(name, at: directory, [.directory, .noFollow]) {
            for name in (try? names(in: inner)) ?? [] {
                if unsafe unlinkat(inner, name, 0) != 0 { removeTree(name, at: inner) }
            }
            close(inner)
        }
        _ = unsafe unlinkat(directory, name, AT_REMOVEDIR)
    }

    /// The absolute path of a file or directory, without symlinks.
    package static func resolve(_ path: String) throws(SystemError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw SystemError(number: errno) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// The text of a symbolic link.
    ///
    /// - Throws: `SystemError.invalid` for anything else.
    package static func destination(ofLink path: String) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe buffer.withUnsafeMutableBytes { buffer -> Int in
            guard let start = unsafe buffer.assumingMemoryBound(to: CChar.self).baseAddress else { return -1 }
            return unsafe readlink(path, start, buffer.count)
        }
        guard count >= 0 else { throw SystemError(number: errno) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// Changes the owner and the group of an open file.
    package static func changeOwner(_ descriptor: Int32, to owner: UInt32, group: UInt32) throws(SystemError) {
        _ = try retrying { fchown(descriptor, owner, group) }
    }

    package static func close(_ descriptor: Int32) { _ = systemClose(descriptor) }

    /// Takes an exclusive lock, which is released when the descriptor is closed; false when another process holds it.
    package static func tryLock(_ descriptor: Int32) throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try retrying { flock(descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.number == EWOULDBLOCK {
            return false
        }
    }

    /// The names in a directory that start with `prefix`, without `.` and `..`. Others are not decoded and sorted: a directory
    /// of temporary files can have thousands.
    package static func names(in directory: Int32, prefix: String = "") throws(SystemError) -> [String] {
        let copy = try open(".", at: directory, .directory)
        guard let stream = unsafe fdopendir(copy) else {
            let error = SystemError(number: errno)
            close(copy)
            throw error
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { buffer -> String? in
                guard unsafe buffer.starts(with: prefix.utf8) else { return nil }
                return unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let name, name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    static func retrying<Number: SignedInteger>(_ call: () -> Number) throws(SystemError) -> Number {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemError(number: errno) }
        }
    }
}

// Inside `SystemCall`, the names of these functions refer to its own functions.
#if canImport(Glibc)
    private let systemClose = Glibc.close
    private let systemRead = unsafe Glibc.read
    private let systemWrite = unsafe Glibc.write
#elseif canImport(Musl)
    private let systemClose = Musl.close
    private let systemRead = unsafe Musl.read
    private let systemWrite = unsafe Musl.write
#else
    private let systemClose = Darwin.close
    private let systemRead = unsafe Darwin.read
    private let systemWrite = unsafe Darwin.write
#endif
