/// What is wrong with a command line or with a value in it, in words for the person who wrote it. Conversions and `validate()`
/// throw it.
public struct ValidationError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, and what to write instead.
    public let message: String

    /// Makes an error.
    public init(_ message: String) { self.message = message }

    /// The message.
    public var description: String { message }
}
