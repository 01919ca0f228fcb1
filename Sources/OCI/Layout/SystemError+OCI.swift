internal import Support

extension SystemError {
    /// The error for callers of a layout or an archive.
    package func error(_ doing: String, _ path: String) -> OCIError {
        let advice =
            switch self {
            case .linkLoop: "; nothing inside a layout may be a symbolic link"
            case .notDirectory: "; a layout is a directory, and nothing inside it may be a symbolic link"
            default: self.advice
            }
        return OCIError(.io, "cannot \(doing) \(path): \(text)\(advice)", cause: self)
    }
}
