/// Why an expression cannot be read, or has no value.
public struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: String, Sendable {
        /// The text is not of the language.
        case syntax
        /// The text or the work it asks for is past a limit.
        case limit
        /// A function is called that does not exist here.
        case unknownFunction = "unknown-function"
        /// An operator, a function or a member access got a value of another type than it takes.
        case type
        /// A member of nothing is asked for.
        case missing
        /// The language has it, and this implementation does not.
        case unsupported
        /// A function of the host failed.
        case function
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong.
    public let message: String
    /// Where in the expression, in bytes from its start.
    public let offset: Int

    /// Describes a failure.
    public init(_ code: Code, _ message: String, offset: Int = 0) {
        self.code = code
        self.message = message
        self.offset = offset
    }

    /// The message and the place.
    public var description: String { "\(message) (at byte \(offset + 1) of the expression)" }
}
