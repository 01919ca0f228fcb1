/// A file or directory that cannot be read or written.
package struct FileError: Failure {
    /// The error codes of this module.
    package typealias Code = FailureCode<FileError>

    /// The code of the failure.
    package let code: Code
    /// The message: what happened, to which file, and what to do.
    package let message: String
    /// The underlying error, if there is one.
    package let cause: (any Error)?

    /// Creates an error.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension FailureCode where Owner == FileError {
    /// The file does not exist or cannot be read.
    package static var notFound: Self { Self("not-found", .failure) }
    /// The file is larger than the limit that the message names.
    package static var limitExceeded: Self { Self("limit-exceeded", .rejected) }
    /// The path of a new file or directory already exists, or the system refuses to write.
    package static var io: Self { Self("io", .failure) }
}

extension FileError {
    /// The error for a path that the system refuses to write.
    static func cannotWrite(_ path: String, _ error: SystemError) -> FileError {
        FileError(.io, "\(path) cannot be written: \(error.text)\(error.advice)", cause: error)
    }
}
