internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

extension SystemError {
    /// The error for callers of a layout or an archive.
    package func error(_ doing: String, _ path: String) -> OCIError {
        let isLink = number == ELOOP || number == ENOTDIR
        let advice = isLink ? "; nothing inside a layout may be a symbolic link" : advice
        return OCIError(.io, "cannot \(doing) \(path): \(text)\(advice)", cause: self)
    }
}
