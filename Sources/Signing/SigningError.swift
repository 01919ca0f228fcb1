internal import OCI
public import Support

/// An error of a key, a password or an encoding.
public struct SigningError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<SigningError>

    /// Which failure this is.
    public let code: Code
    /// The message. It never contains a secret.
    public let message: String

    /// Describes a failure.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension FailureCode where Owner == SigningError {
    /// A file is not a key, or is damaged.
    public static var invalidKey: Self { Self("invalid-key", .failure) }
    /// The key is of an unsupported kind, such as another curve.
    public static var unsupportedKey: Self { Self("unsupported-key", .failure) }
    /// The password does not decrypt the key. A damaged key gives the same error.
    public static var wrongPassword: Self { Self("wrong-password", .failure) }
    /// The cryptographic library failed, for example without memory.
    public static var failed: Self { Self("signing-failed", .failure) }
}
