/// An error of a key, a password or an encoding.
public struct SigningError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, stable across releases.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that JSON output shows.
        public let description: String

        private init(_ name: String) { description = name }

        /// A file is not a key, or is damaged.
        public static let invalidKey = Code("invalid-key")
        /// The key is of an unsupported kind, such as another curve.
        public static let unsupportedKey = Code("unsupported-key")
        /// The password does not decrypt the key. A damaged key gives the same error.
        public static let wrongPassword = Code("wrong-password")
        /// The cryptographic library failed, for example without memory.
        public static let failed = Code("signing-failed")
    }

    /// The kind of failure.
    public let code: Code
    /// The message. It never contains a secret.
    public let message: String

    /// Describes a failure.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
