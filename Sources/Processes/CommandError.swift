/// The error of a program that could not be run to its end.
public struct CommandError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable {
        /// The program is not on `PATH`.
        case notFound = "not-found"
        /// The program exceeded its deadline and was stopped.
        case deadline
        /// The program exceeded its output limit and was stopped.
        case outputLimit = "output-limit"
        /// The program could not be started, or communication with it failed.
        case failed
    }

    /// The kind of failure.
    public let code: Code
    /// The message.
    public let description: String

    /// Describes a failure.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
