internal import Support

extension SystemError {
    /// The error for callers of a layout or an archive.
    package func error(_ doing: String, _ path: String) -> OCIError {
        let isLink = self == .linkLoop || self == .notDirectory
        let advice = isLink ? "; nothing inside a layout may be a symbolic link" : advice
        return OCIError(.io, "cannot \(doing) \(path): \(text)\(advice)", cause: self)
    }
}
