/// Why a program could not be run to its end.
public struct CommandError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable {
        /// There is no such program on `PATH`.
        case notFound = "not-found"
        /// It ran past its deadline and was ended.
        case deadline
        /// It printed more than its limit and was ended.
        case outputLimit = "output-limit"
        /// It could not be started, or talking to it failed.
        case failed
    }

    /// The kind of failure.
    public let code: Code
    /// What happened.
    public let description: String

    /// Describes a failure.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
