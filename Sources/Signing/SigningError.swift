internal import OCI
public import Support

/// What is wrong with a key, a password or an encoding.
public struct SigningError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<SigningError>

    /// Which failure this is.
    public let code: Code
    /// What happened, to which thing, and what to do. Never holds a secret.
    public let message: String

    /// Describes a failure.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension FailureCode where Owner == SigningError {
    /// A file is no key, or is damaged.
    public static var invalidKey: Self { Self("invalid-key", .failure) }
    /// It is a key of a kind that is not used here, such as another curve.
    public static var unsupportedKey: Self { Self("unsupported-key", .failure) }
    /// The password does not open the key. A damaged key looks the same, on purpose.
    public static var wrongPassword: Self { Self("wrong-password", .failure) }
    /// The cryptographic library could not do its work, for want of memory say.
    public static var failed: Self { Self("signing-failed", .failure) }
}
