internal import OCI

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Identifies the file of a program, to detect that it has been replaced since its version was read.
enum ProgramStamp {
    /// The key under which the version is cached; nil when the file does not exist.
    static func key(_ path: String, kind: String) -> Digest? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        let text =
            "version of \(kind) \(path) \(status.st_dev) \(status.st_ino) \(status.st_size) \(modified.tv_sec)."
            + "\(modified.tv_nsec) \(changed.tv_sec).\(changed.tv_nsec)"
        return .sha256(of: text.utf8)
    }
}
