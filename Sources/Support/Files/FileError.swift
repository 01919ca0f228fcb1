/// A file or directory that cannot be read or written.
public struct FileError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<FileError>

    /// The code of the failure.
    public let code: Code
    /// The message: what happened, to which file, and what to do.
    public let message: String
    /// The underlying error, if there is one.
    public let cause: (any Error)?

    /// Creates an error.
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
    /// The path of a new file or directory already exists, or the system refuses to write.
    public static var io: Self { Self("io", .failure) }
}

extension FileError {
    /// The error for a path that the system refuses to write.
    static func cannotWrite(_ path: String, _ error: SystemError) -> FileError {
        FileError(.io, "\(path) cannot be written: \(error.text)\(error.advice)", cause: error)
    }
}
