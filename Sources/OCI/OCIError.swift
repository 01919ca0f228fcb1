public import Support

/// An error about OCI content: which rule is broken, by which thing, and what to do.
public struct OCIError: Failure {
    /// The error codes of this module.
    public typealias Code = FailureCode<OCIError>

    /// The code of the failure.
    public let code: Code
    /// The text of the error: what happened, to which thing, and what to do. It never contains a credential or a URL
    /// query.
    public let message: String
    /// The error underneath, where there is one.
    public let cause: (any Error)?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }
}

extension FailureCode where Owner == OCIError {
    /// A digest, reference, tag or location does not follow its grammar.
    public static var invalidName: Self { Self("invalid-name", .usage) }
    /// Bytes that claim to be a manifest, index or layout are not one.
    public static var invalidManifest: Self { Self("invalid-manifest", .rejected) }
    /// Bytes do not have the size or the digest that names them.
    public static var contentMismatch: Self { Self("content-mismatch", .rejected) }
    /// Content is larger than the limit named in the message.
    public static var tooLarge: Self { Self("too-large", .rejected) }
    /// The requested thing does not exist.
    public static var notFound: Self { Self("not-found", .failure) }
    /// The tag exists already and names other content.
    public static var tagExists: Self { Self("tag-exists", .rejected) }
    /// The store cannot be read or written (permissions, disk full, a file in the way).
    public static var io: Self { Self("io", .failure) }
    /// The registry cannot be reached or keeps failing.
    public static var unavailable: Self { Self("unavailable", .unavailable) }
    /// The registry rejects the credentials, or requires some.
    public static var unauthorized: Self { Self("unauthorized", .unauthorized) }
    /// The other side violated the protocol, or requested something that is rejected for safety.
    public static var protocolViolation: Self { Self("protocol-violation", .failure) }
    /// The registry refuses the content by a rule of its own, such as a list of allowed media types.
    public static var refused: Self { Self("refused", .rejected) }
    /// The store does not support the operation (adding to an archive, for example).
    public static var unsupported: Self { Self("unsupported", .failure) }
}
