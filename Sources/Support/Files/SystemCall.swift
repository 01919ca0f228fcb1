#if canImport(Glibc)
    package import Glibc
#elseif canImport(Musl)
    package import Musl
#else
    package import Darwin
#endif

/// A call that the system refused.
package struct SystemError: Error {
    package let number: Int32

    package init(number: Int32) { self.number = number }

    /// What the system calls it: `Permission denied`.
    package var text: String { String(cString: strerror(number)) }

    /// What helps against it, to follow a message; empty when nothing general does.
    package var advice: String {
        switch number {
        case EACCES, EPERM: "; check who owns it and its mode"
        case EROFS: "; use a place that can be written"
        case ENOSPC, EDQUOT: "; make room and run it again"
        default: ""
        }
    }
}

/// The few calls on descriptors that a layout needs. Each repeats itself when a signal interrupts it.
///
/// Reads and writes block, so callers keep them to a few hundred kilobytes; what can take longer goes through
/// ``awaitBlocking(_:)``.
package enum SystemCall {
    package static func open(
        _ path: String, at directory: Int32 = AT_FDCWD, _ flags: Int32, mode: mode_t = 0
    ) throws(SystemError) -> Int32 {
        try retrying { openat(directory, path, flags | O_CLOEXEC, mode) }
    }

    package static func makeDirectory(_ path: String, at directory: Int32 = AT_FDCWD) throws(SystemError) {
        do throws(SystemError) {
            _ = try retrying { mkdirat(directory, path, 0o777) }
        } catch  where error.number == EEXIST {}
    }

    package static func status(_ descriptor: Int32) throws(SystemError) -> stat {
        var status = stat()
        _ = try retrying { fstat(descriptor, &status) }
        return status
    }

    /// The next bytes at `offset`, at most `count`; empty at the end of the file.
    package static func read(_ descriptor: Int32, at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        var number: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while used < count {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + used }, count - used, off_t(offset) + off_t(used))
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

    /// The next bytes, at most `count`; empty at the end. For what has no offsets, such as a pipe.
    package static func read(_ descriptor: Int32, count: Int) throws(SystemError) -> [UInt8] {
        var number: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while true {
                #if canImport(Darwin)
                    let got = Darwin.read(descriptor, buffer.baseAddress, count)
                #elseif canImport(Musl)
                    let got = Musl.read(descriptor, buffer.baseAddress, count)
                #else
                    let got = Glibc.read(descriptor, buffer.baseAddress, count)
                #endif
                if got < 0, errno == EINTR { continue }
                if got < 0 { number = errno }
                used = max(0, got)
                return
            }
        }
        guard number == 0 else { throw SystemError(number: number) }
        return bytes
    }

    package static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try retrying {
                bytes.withUnsafeBytes { buffer in
                    #if canImport(Darwin)
                        Darwin.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                    #elseif canImport(Musl)
                        Musl.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                    #else
                        Glibc.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                    #endif
                }
            }
        }
    }

    package static func synchronize(_ descriptor: Int32) throws(SystemError) { _ = try retrying { fsync(descriptor) } }

    package static func rename(_ name: String, at from: Int32, to newName: String, at to: Int32) throws(SystemError) {
        _ = try retrying { renameat(from, name, to, newName) }
    }

    /// Gives a file a further name, unless that name is taken.
    package static func link(_ name: String, to newName: String, at directory: Int32) throws(SystemError) {
        _ = try retrying { linkat(directory, name, directory, newName, 0) }
    }

    package static func remove(_ name: String, at directory: Int32) { _ = unlinkat(directory, name, 0) }

    package static func close(_ descriptor: Int32) {
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #elseif canImport(Musl)
            _ = Musl.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
    }

    /// Takes an exclusive lock that goes with the descriptor; false when somebody else holds it.
    package static func tryLock(_ descriptor: Int32) throws(SystemError) -> Bool {
        do throws(SystemError) {
            _ = try retrying { flock(descriptor, LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.number == EWOULDBLOCK {
            return false
        }
    }

    /// The names in a directory, without `.` and `..`.
    package static func names(in directory: Int32) throws(SystemError) -> [String] {
        let copy = try open(".", at: directory, O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(copy) else {
            let error = SystemError(number: errno)
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
                String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func retrying<Number: SignedInteger>(_ call: () -> Number) throws(SystemError) -> Number {
        while true {
            let result = call()
            if result >= 0 { return result }
            guard errno == EINTR else { throw SystemError(number: errno) }
        }
    }
}
