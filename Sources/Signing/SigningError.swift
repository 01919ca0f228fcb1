/// What is wrong with a key, a password or an encoding.
public struct SigningError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// A file is no key, or is damaged.
        public static let invalidKey = Code("invalid-key")
        /// It is a key of a kind that is not used here, such as another curve.
        public static let unsupportedKey = Code("unsupported-key")
        /// The password does not open the key. A damaged key looks the same, on purpose.
        public static let wrongPassword = Code("wrong-password")
        /// The cryptographic library could not do its work, for want of memory say.
        public static let failed = Code("signing-failed")
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to which thing, and what to do. Never holds a secret.
    public let message: String

    /// Describes a failure.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
