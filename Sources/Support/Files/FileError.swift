/// A file or directory that cannot be read or written.
public struct FileError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<FileError>

    /// Which failure this is.
    public let code: Code
    /// What happened, to which file, and what to do.
    public let message: String
    /// The error underneath, where there is one.
    public let cause: (any Error)?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension FailureCode where Owner == FileError {
    /// The file does not exist or cannot be read.
    public static var notFound: Self { Self("not-found", .failure) }
    /// The file is larger than the limit that the message names.
    public static var limitExceeded: Self { Self("limit-exceeded", .rejected) }
    /// Something exists where a new file or directory is to be written, or the system refuses to write.
    public static var io: Self { Self("io", .failure) }
}

extension FileError {
    /// The error for a path that the system refuses to write.
    static func cannotWrite(_ path: String, _ error: SystemError) -> FileError {
        FileError(.io, "\(path) cannot be written: \(error.text)\(error.advice)", cause: error)
    }
}
