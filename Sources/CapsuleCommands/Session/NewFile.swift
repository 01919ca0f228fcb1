internal import Archive
internal import OCI

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Creates files. An existing file is never overwritten, and an incomplete file is removed.
enum NewFile {
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard file >= 0 else {
            let why = errno
            throw OCIError(
                .io,
                why == EEXIST
                    ? "\(path) exists and is left as it is; remove it or name another file"
                    : "\(path) cannot be written: \(String(cString: strerror(why)))")
        }
        var bytes = Array(text.utf8)[...]
        var failure: Int32?
        while !bytes.isEmpty, failure == nil {
            let count = bytes.withUnsafeBytes { systemWrite(file, $0) }
            if count > 0 { bytes = bytes.dropFirst(count) } else if errno != EINTR { failure = errno }
        }
        if close(file) != 0 { failure = failure ?? errno }
        if let failure {
            unlink(path)
            throw OCIError(.io, "\(path) cannot be written: \(String(cString: strerror(failure)))")
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
