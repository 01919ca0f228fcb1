internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An open directory. Names are looked up relative to it and links are not followed, so that nothing outside can be reached.
struct OpenDirectory {
    let descriptor: Int32
    /// The path that messages show.
    let path: String

    /// Opens a directory in this one. A link is an error.
    func directory(_ name: String) throws(ArchiveError) -> OpenDirectory {
        let path = "\(path)/\(name)"
        let descriptor = retrying {
            openat(self.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw .io("open the directory", path) }
        return OpenDirectory(descriptor: descriptor, path: path)
    }

    /// Makes a directory with mode 0755 whatever the umask is. It must not exist. The mode is set by name, which is safe only
    /// below a private directory.
    func makeDirectory(_ name: String) throws(ArchiveError) {
        guard mkdirat(descriptor, name, 0o755) == 0, fchmodat(descriptor, name, 0o755, 0) == 0 else {
            throw .io("make the directory", "\(path)/\(name)")
        }
    }

    /// Writes a file with mode 0644. It must not exist.
    ///
    /// - Parameter settingMode: false when a file that was made in this directory before had the mode without it being set.
    /// - Returns: true when the mode did not have to be set. Then it need not be set for the other files in this directory:
    ///   only the umask and the directory decide.
    func writeFile(_ name: String, _ content: [UInt8], settingMode: Bool) throws(ArchiveError) -> Bool {
        let file = retrying { openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644) }
        guard file >= 0 else { throw .io("make the file", "\(path)/\(name)") }
        let hasMode = !settingMode || Self.hasFileMode(file)
        let written =
            (hasMode || fchmod(file, 0o644) == 0) && content.withUnsafeBytes { Self.write($0, to: file) }
        let failure = errno
        // Network file systems report a full disk when the file is closed.
        guard systemClose(file) == 0, written else {
            if !written { errno = failure }
            throw .io("write", "\(path)/\(name)")
        }
        return hasMode
    }

    /// Sets the mode of this directory.
    func setMode(_ mode: mode_t) throws(ArchiveError) {
        guard fchmod(descriptor, mode) == 0 else { throw .io("set the mode of", path) }
    }

    func close() { _ = systemClose(descriptor) }

    // Only a strict umask or an inherited access list gives another mode.
    private static func hasFileMode(_ file: Int32) -> Bool {
        var status = stat()
        return fstat(file, &status) == 0 && status.st_mode & 0o7777 == 0o644
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = retrying { systemWrite(file, UnsafeRawBufferPointer(rebasing: rest)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

func systemClose(_ descriptor: Int32) -> Int32 {
    #if canImport(Glibc)
        Glibc.close(descriptor)
    #elseif canImport(Musl)
        Musl.close(descriptor)
    #else
        Darwin.close(descriptor)
    #endif
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
        Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #else
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
}

/// Repeats a call that a signal interrupted.
func retrying<Value: SignedInteger>(_ call: () -> Value) -> Value {
    while true {
        let value = call()
        if value != -1 || errno != EINTR { return value }
    }
}

extension ArchiveError {
    static func io(_ verb: String, _ path: String) -> ArchiveError {
        ArchiveError(.io, "cannot \(verb) \(quoted(path)): \(String(cString: strerror(errno)))")
    }
}
