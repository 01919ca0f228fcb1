internal import OCI

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What tells that a program's file is still the one that was asked for its version.
enum ProgramStamp {
    /// The name under which the answer is remembered; nil when the file is gone.
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
